import { z } from 'zod';
import { callJson } from '../client/http-call.js';
import { consoleAddress } from '../client/server-address.js';
import { exitCode } from '../exit-code.js';
import { columns, moment, printJson, printLines } from '../print.js';
import { tell } from '../phrases/index.js';

type Json = { readonly json?: boolean };

const Person = z.looseObject({
  tenant: z.string(),
  account: z.string(),
  person: z.string(),
  name: z.string().default(''),
});
const Waiting = Person.extend({ code: z.string(), at: z.number() });
const Paired = Person.extend({ by: z.string(), at: z.number() });
const Pairings = z.object({ waiting: z.array(Waiting), people: z.array(Paired) });
const Approved = z.object({ approved: Person });
const Revoked = z.object({ revoked: Person });

const read = async (): Promise<z.infer<typeof Pairings>> =>
  Pairings.parse(await callJson(await consoleAddress(process.env), { path: '/api/pairings' }));
const post = async (path: string, query: Readonly<Record<string, string>>): Promise<unknown> =>
  callJson(await consoleAddress(process.env), {
    path: `${path}?${new URLSearchParams(query).toString()}`,
    method: 'POST',
    body: {},
  });

/** Codes that wait, for completion. */
export const waitingCodes = async (): Promise<string[]> => (await read()).waiting.map(({ code }) => code);

/** `queueclaw pairing list`: who asks to write to the assistant, and who may. */
export async function listPairingsCommand(options: Json): Promise<number> {
  const { waiting, people } = await read();
  if (options.json) {
    printJson({ waiting, people });
    return exitCode.ok;
  }
  const place = ({ tenant, account }: z.infer<typeof Person>): string =>
    tenant === 'default' ? account : `${account} (${tenant})`;
  if (waiting.length === 0) printLines([tell('pairing.none')]);
  else
    printLines(
      columns(
        waiting.map((one) => [one.code, moment(one.at), place(one), one.person, one.name, tell('pairing.waits')]),
      ),
    );
  if (people.length > 0)
    printLines([
      '',
      ...columns(
        people.map((one) => [place(one), one.person, one.name, moment(one.at), tell('pairing.by', { name: one.by })]),
      ),
    ]);
  return exitCode.ok;
}

/** `queueclaw pairing approve <code>`: the person may write from now on, and is told so. */
export async function approvePairingCommand(code: string, options: Json): Promise<number> {
  const { approved } = Approved.parse(await post('/api/pairings/approve', { code }));
  if (options.json) printJson({ approved });
  else
    printLines([
      tell('pairing.may', {
        who: [approved.name, approved.person].filter(Boolean).join(', '),
        account: approved.account,
      }),
    ]);
  return exitCode.ok;
}

/** `queueclaw pairing revoke <account> <person>`: the person may no longer write. */
export async function revokePairingCommand(account: string, person: string, options: Json): Promise<number> {
  const { revoked } = Revoked.parse(await post('/api/pairings/revoke', { account, person }));
  if (options.json) printJson({ revoked });
  else printLines([tell('pairing.may_not', { who: revoked.person, account: revoked.account })]);
  return exitCode.ok;
}
