import type { AskedCall, ControlMail, PersonMail } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { agent, control, mail, now } from '../scenario.js';
import { type ApprovalRules, decideApproval } from './decide-approval.js';

const call = (id: string, approval: string, more: Partial<AskedCall> = {}): AskedCall => ({
  ...{ call: id, name: 'shell', args: { command: `rm ${id}` }, approval, binding: 'a'.repeat(64) },
  ...{ askedAt: now - 1_000, expiresAt: now + 1_000 },
  ...more,
});
const one = call('7.1.1', '0123456789');
const two = call('7.1.2', 'abcdefabcd');
const usual: ApprovalRules = { groups: 'asker', approvers: [] };

const decide = (
  given: Partial<ControlMail>,
  {
    asking = [one],
    asker = {},
    decided = [],
    rules = usual,
  }: { asking?: AskedCall[]; asker?: Partial<PersonMail>; decided?: string[]; rules?: ApprovalRules } = {},
) =>
  decideApproval(control('k1', { action: 'approve', ...given }), {
    ...{ now, agent, preferences: {}, rules, decided: new Set(decided) },
    journal: { turn: 7, answers: [mail('m1', asker)], asking },
  });

describe('a decision', () => {
  it('is about the call that it names, or the only one that its writer can have seen', () => {
    expect(decide({ approval: two.approval }, { asking: [one, two] }).decide).toMatchObject({
      decision: { call: '7.1.2', approval: two.approval, approved: true },
      live: { state: 'approved' },
    });
    expect(decide({ action: 'deny' }).decide?.decision).toMatchObject({ call: '7.1.1', approved: false });
    expect(decide({}, { asking: [call('7.1.1', one.approval, { askedAt: now })] }).decide).toBeUndefined();
    const which = decide({}, { asking: [one, two] });
    expect(which.decide).toBeUndefined();
    expect(which.reply.text).toContain('/approve abcdefabcd: `rm 7.1.2`');
  });

  it('is remembered for the conversation only when it says so', () => {
    expect(decide({}).decide?.grant).toBeUndefined();
    expect(decide({ scope: 'conversation' }).decide?.grant).toBe(one.binding);
    expect(decide({ action: 'deny', scope: 'conversation' }).decide?.grant).toBeUndefined();
  });

  it('changes nothing when it comes late, twice, or is about something else', () => {
    for (const made of [
      decide({ approval: 'ffffffffff' }),
      decide({ approval: one.approval }, { decided: [one.call] }),
      decide({ approval: one.approval }, { asking: [call('7.1.1', one.approval, { expiresAt: now })] }),
      decide({ approval: one.approval }, { asking: [] }),
    ]) {
      expect(made.decide).toBeUndefined();
      expect(made.reply.text).toContain('Nothing was changed');
    }
  });

  it('is for who wrote, for approvers and operators; in groups for others only where that is configured', () => {
    const eve = { from: { id: 'eve' } };
    const group = { group: true as const };
    expect(decide(eve).reply.text).toContain('Only the person');
    expect(decide(eve).decide).toBeUndefined();
    expect(decide(eve, { asker: group }).decide).toBeUndefined();
    expect(decide({ route: { channel: 'telegram' } }).decide).toBeUndefined();
    expect(decide(eve, { asker: group, rules: { ...usual, groups: 'anyone' } }).decide).toBeDefined();
    expect(decide(eve, { rules: { ...usual, groups: 'anyone' } }).decide).toBeUndefined();
    expect(
      decide({ ...eve, route: { channel: 'telegram' } }, { rules: { ...usual, approvers: ['telegram/eve'] } }).decide,
    ).toBeDefined();
    expect(decide({ ...eve, operator: true }).decide).toBeDefined();
  });
});
