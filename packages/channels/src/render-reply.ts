import type { Choice, Reply } from '@queueclaw/contracts';
import type { ButtonLimits, Capabilities, Channel, ChannelCode, Outgoing } from './contract.js';
import { measure } from './measure.js';

const fit = (limits: ButtonLimits, choices: readonly Choice[]): boolean =>
  choices.length <= limits.most &&
  choices.every(({ label, text }) => label.length <= limits.labelMax && Buffer.byteLength(text) <= limits.textBytesMax);

const carries = ({ buttons, textUnit }: Capabilities, { text }: Outgoing): boolean =>
  buttons !== false && measure(text, textUnit) <= buttons.messageMax;

/** A reply as a channel's messages, its choices as buttons of the last one; as numbered lines where they do not all fit. */
export function renderReply(
  { capabilities }: Pick<Channel, 'capabilities'>,
  { render }: Pick<ChannelCode<unknown>, 'render'>,
  reply: Reply,
): readonly Outgoing[] {
  const { choices = [] } = reply;
  const messages = render(reply);
  if (choices.length === 0) return messages;
  const last = messages.at(-1);
  if (
    last !== undefined &&
    carries(capabilities, last) &&
    capabilities.buttons !== false &&
    fit(capabilities.buttons, choices)
  )
    return [...messages.slice(0, -1), { ...last, buttons: choices }];
  const lines = choices.map(({ text }, at) => `${at + 1}. ${text}`);
  return render({ ...reply, text: `${reply.text}\n\n${lines.join('\n')}` });
}
