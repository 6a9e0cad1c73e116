import { z } from 'zod';
import { callJson } from '../client/http-call.js';
import { consoleAddress } from '../client/server-address.js';
import { exitCode } from '../exit-code.js';
import { tell } from '../phrases/index.js';
import { columns, moment, printJson, printLines } from '../print.js';

type Json = { readonly json?: boolean };

const Approval = z.looseObject({
  tenant: z.string(),
  conversation: z.string(),
  approval: z.string(),
  person: z.string(),
  tool: z.string(),
  command: z.string(),
  expiresAt: z.number(),
});
const Approvals = z.object({ approvals: z.array(Approval) });
const Decided = z.object({ approval: Approval });

const read = async (): Promise<readonly z.infer<typeof Approval>[]> =>
  Approvals.parse(await callJson(await consoleAddress(process.env), { path: '/api/approvals' })).approvals;

/** Names, for completion. */
export const approvalNames = async (): Promise<string[]> => (await read()).map(({ approval }) => approval);

/** A command in one line; nothing in it moves the cursor or turns the text around. */
const inOneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

/** `queueclaw approvals list`: calls that wait for a person, whole, what expires first in front. */
export async function listApprovalsCommand(options: Json): Promise<number> {
  const approvals = await read();
  if (options.json) printJson({ approvals });
  else if (approvals.length === 0) printLines([tell('approvals.none')]);
  else
    printLines(
      columns(
        approvals.map((one) => [
          ...[one.approval, moment(one.expiresAt), one.person, one.conversation, inOneLine(one.command)],
        ]),
      ),
    );
  return exitCode.ok;
}

/** `queueclaw approvals approve|deny <name>` */
export async function decideApprovalCommand(
  action: 'approve' | 'deny',
  name: string,
  options: Json & { readonly conversation?: boolean },
): Promise<number> {
  const how = action === 'approve' && options.conversation === true ? 'always' : action;
  const path = `/api/approvals/${how}?${new URLSearchParams({ approval: name }).toString()}`;
  const call = { path, method: 'POST', body: {} } as const;
  const { approval } = Decided.parse(await callJson(await consoleAddress(process.env), call));
  if (options.json) printJson({ approval });
  else printLines([tell(action === 'deny' ? 'approvals.denied' : 'approvals.approved', { name: approval.approval })]);
  return exitCode.ok;
}
