import { isMap, isSeq, parseDocument } from 'yaml';
import { CommandError } from '../exit-code.js';
import { tell } from '../phrases/index.js';

/** An account as it stands in the configuration; secrets are `${VARIABLE}`. */
export type ChannelEntry = {
  readonly name: string;
  readonly account: string;
  readonly config: Readonly<Record<string, unknown>>;
};

const usual = 'main';

/**
 * The configuration's text with an account in it, everything else and its comments as they were. An account that is there gets
 * the settings instead of its own of the same names, and is enabled.
 * @throws CommandError `config.invalid` when the text is no YAML, or `channels` no list
 */
export function withChannel(text: string, { name, account, config }: ChannelEntry): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents)))
    throw new CommandError(tell('error.no_mapping'), 1, 'config.invalid');
  const channels = document.get('channels');
  if (channels !== undefined && channels !== null && !isSeq(channels))
    throw new CommandError(tell('error.no_list'), 1, 'config.invalid');
  const items = isSeq(channels) ? channels.items : [];
  const at = items.findIndex(
    (item) => isMap(item) && item.get('name') === name && (item.get('account') ?? usual) === account,
  );
  if (at >= 0) {
    for (const [setting, value] of Object.entries(config)) document.setIn(['channels', at, 'config', setting], value);
    document.deleteIn(['channels', at, 'enable']);
  } else {
    const entry = { name, ...(account === usual ? {} : { account }), config };
    if (isSeq(channels)) {
      if (channels.items.length === 0) channels.flow = false;
      channels.add(document.createNode(entry));
    } else document.set('channels', document.createNode([entry]));
  }
  return document.toString({ lineWidth: 0 });
}
