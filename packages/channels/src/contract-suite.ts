import {
  AppError,
  channelConversation,
  ConversationId,
  parseChannelConversation,
  PersonMail,
  Reply,
} from '@queueclaw/contracts';
import { isDeepStrictEqual } from 'node:util';
import { catalogue } from './catalogue.js';
import { Capabilities, type Channel, type ChannelCode, type Incoming, type ParseContext } from './contract.js';
import type { Fixture } from './fixture.js';
import { fenceAfter } from './fence.js';
import { measure } from './measure.js';

/** A promise of the contract and whether a channel keeps it: `check` throws when it does not. */
export type Promised = { readonly says: string; readonly check: () => Promise<void> };

const fail = (sentence: string): never => {
  throw new Error(sentence);
};

/** What a parse is given in tests. */
export const testContext: ParseContext = {
  account: 'main',
  self: 'the-bot',
  sender: { id: 'ada', name: 'Ada' },
  newId: () => 'made-by-us',
};

const sampleTexts: readonly string[] = [
  'Short.',
  'A sentence with words. '.repeat(2_000),
  '这是一个句子，它讲了一些事情。'.repeat(2_000),
  `Before\n\n\`\`\`ts\n${'const line = "of code";\n'.repeat(2_000)}\`\`\`\n\nAfter **bold** [link](https://example.com).`,
  '👩‍👩‍👧‍👦'.repeat(2_000),
  'x'.repeat(20_000),
];

const reply = (channel: string, text: string): Reply =>
  Reply.parse({ v: 1, id: 'r1', turn: 1, text, answers: ['m1'], status: 'answered', route: { channel }, at: 0 });

/** The promises that every channel makes, for tests to hold it to. */
export function promises(channel: Channel, fixtures: readonly Fixture[]): readonly Promised[] {
  const code = channel.load();
  code.catch(() => undefined);
  const platform = channel.capabilities.delivery === 'platform';
  const promise = (says: string, check: (code: ChannelCode<unknown>) => void): Promised => ({
    says,
    check: async () => check(await code),
  });
  return [
    promise('its name is the name of its folder and route', () => checkName(channel)),
    promise('its capabilities are valid', () => checkCapabilities(channel)),
    promise('it says truly whether files and voice notes of people come', () => checkHearing(channel, fixtures)),
    promise('its settings are listed, the secret ones by name', () => checkSettings(channel)),
    promise('a blank secret is refused', () => checkBlankSecrets(channel)),
    promise('it has a connection if, and only if, it talks to a platform', ({ connect }) => {
      if (platform !== (connect !== undefined)) fail(`delivery is ${channel.capabilities.delivery}`);
    }),
    promise('it has fixtures, and for a platform one that the bot wrote itself', () => {
      if (fixtures.length === 0) fail('no fixtures');
      if (platform && !fixtures.some(({ own }) => own === true)) fail('no fixture with own: true');
    }),
    promise('it has a fixture of the command /stop, which overtakes everything', () => {
      const texts = fixtures.flatMap(({ expect = [] }) => expect.map(({ text }) => text));
      if (platform && !texts.includes('/stop')) fail('nobody writes /stop');
    }),
    promise('what says in a route which chat is meant, so that its rate is kept, is there', ({ parse }) => {
      const { chatIn = [] } = channel.capabilities.rates ?? {};
      for (const { payload, error } of fixtures)
        for (const { mail } of error === undefined && platform ? parse(payload, testContext) : [])
          if (!chatIn.some((field) => mail.route.address?.[field] !== undefined)) fail('a route names no chat');
    }),
    promise('it has a fixture of what a person says to it alone', ({ parse }) => {
      const parsed = fixtures.flatMap(({ payload, error }) => (error === undefined ? parse(payload, testContext) : []));
      if (platform && !parsed.some(({ place }) => place?.kind === 'direct')) fail('none says that it is direct');
    }),
    ...fixtures.map((fixture) => promise(`fixture: ${fixture.says}`, (it) => checkFixture(channel, it, fixture))),
    promise('an answer is never longer than the limit, and closes the code blocks it opens', (it) =>
      sampleTexts.forEach((text) => checkRender(channel, it, text)),
    ),
  ];
}

function checkName({ name, title }: Channel): void {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) fail(`bad name ${name}`);
  if (title === '') fail('no title');
}

function checkCapabilities({ capabilities }: Channel): void {
  Capabilities.parse(capabilities);
  if (capabilities.delivery === 'platform' && capabilities.outboxesPerJob !== 1)
    fail('a platform gets one outbox a job');
  if (capabilities.delivery === 'platform' && capabilities.rates === undefined)
    fail('it does not say how much it takes');
}

function checkHearing({ capabilities: { delivery, files, voice } }: Channel, fixtures: readonly Fixture[]): void {
  if (delivery !== 'platform') return;
  const expected = fixtures.flatMap(({ expect = [] }) => expect.flatMap((one) => one.files ?? []));
  if (files !== expected.length > 0) fail(`files are said to be ${files ? 'heard' : 'not heard'}`);
  const spoken = fixtures.filter((fixture) => fixture.voice === true);
  if (voice !== spoken.length > 0) fail(`voice notes are said to be ${voice ? 'heard' : 'not heard'}`);
  for (const { expect = [], says } of spoken)
    if (!expect.some(({ text, files: sent = [] }) => text !== '' || sent.some((file) => file.voice === true)))
      fail(`a voice note that nobody hears: ${says}`);
}

function checkSettings(channel: Channel): void {
  const names = catalogue([channel]).flatMap(({ settings }) => settings.map(({ name }) => name));
  for (const secret of channel.secrets) if (!names.includes(secret)) fail(`secret ${secret} is no setting`);
  for (const name of names)
    if (/token|secret|password|_key$/.test(name) && !channel.secrets.includes(name))
      fail(`${name} looks secret and is not`);
  if (channel.config.safeParse({ 'no such setting': 1 }).success) fail('unknown settings are not refused');
}

function checkBlankSecrets({ config, secrets }: Channel): void {
  for (const secret of secrets)
    for (const blank of ['', ' '.repeat(43)]) {
      const { error } = config.safeParse({ [secret]: blank });
      if (error?.issues.some(({ path }) => path[0] === secret) !== true) fail(`${secret} may be blank`);
    }
}

function checkFixture(channel: Channel, { parse }: ChannelCode<unknown>, fixture: Fixture): void {
  if (fixture.error !== undefined) return checkRefusal(() => parse(fixture.payload, testContext), fixture.error);
  const parsed = parse(fixture.payload, testContext);
  const nothing = fixture.own === true || fixture.shows !== undefined;
  const expected = nothing ? [] : (fixture.expect ?? fail('neither own, expect nor error'));
  const got = parsed.map(({ conversation, mail }) => ({ conversation, text: mail.text }));
  const wanted = expected.map(({ conversation, text }) => ({ conversation, text }));
  if (JSON.stringify(got) !== JSON.stringify(wanted)) fail(`parsed ${JSON.stringify(got)}`);
  for (const { conversation, mail } of parsed) {
    PersonMail.parse({ v: 1, kind: 'person', at: 0, ...mail });
    if (mail.route.channel !== channel.name) fail(`routed to ${mail.route.channel}`);
    if (!ConversationId.safeParse(conversation).success) fail(`bad conversation ${conversation}`);
    if (channel.capabilities.delivery === 'platform') checkRoundTrip(channel.name, conversation);
  }
  if (channel.capabilities.delivery === 'platform') parsed.forEach((one, at) => checkFacts(one, expected[at]));
}

/** Who is heard is decided by these: a platform says them of every message. */
function checkFacts(
  { place, addressed, files = [] }: Incoming,
  expected: NonNullable<Fixture['expect']>[number] | undefined,
): void {
  if (place === undefined || place.id === '' || addressed === undefined)
    return fail('it does not say where it was said, and whether it is meant for the bot');
  if (place.kind === 'direct' && !addressed) fail('a direct message is not meant for the bot');
  if (expected?.place !== undefined && !isDeepStrictEqual(place, expected.place)) fail(`in ${JSON.stringify(place)}`);
  if (expected?.addressed !== undefined && addressed !== expected.addressed) fail(`addressed: ${addressed}`);
  const { files: wanted = [] } = expected ?? {};
  const differs = wanted.some((file, at) => !isDeepStrictEqual({ ...files[at], ...file }, files[at]));
  if (files.length !== wanted.length || differs) fail(`files: ${JSON.stringify(files)}`);
}

function checkRefusal(parse: () => unknown, code: string): void {
  try {
    parse();
  } catch (error) {
    if (error instanceof AppError && error.code === code) return;
    throw error;
  }
  fail(`was not refused with ${code}`);
}

function checkRoundTrip(channel: string, conversation: string): void {
  const peer = parseChannelConversation(conversation);
  if (peer === undefined) return fail(`${conversation} is not <channel>.<account>.<peer>`);
  if (peer.channel !== channel || peer.account !== testContext.account)
    fail(`${conversation} names another channel or account`);
  if (channelConversation(peer) !== conversation) fail(`${conversation} does not round-trip`);
}

function checkRender({ name, capabilities }: Channel, { render }: ChannelCode<unknown>, text: string): void {
  const messages = render(reply(name, text));
  if (messages.length === 0) fail('an answer vanished');
  for (const message of messages) {
    if (message.text === '') fail('an empty message');
    if (measure(message.text, capabilities.textUnit) > capabilities.textMax) fail('a message is too long');
    if (capabilities.markdown === 'full' && fenceAfter(undefined, message.text) !== undefined)
      fail('an open code block');
  }
}
