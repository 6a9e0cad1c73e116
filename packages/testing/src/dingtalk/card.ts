/** An AI card that was delivered. */
export type Card = { readonly id: string; readonly to: string; readonly key: string; done: boolean };

type Json = Readonly<Record<string, unknown>>;

/** What `createAndDeliver` makes; undefined when DingTalk would not take it. */
export function cardFrom(body: Json, robotCode: string): Card | undefined {
  const { cardTemplateId, outTrackId, cardData, openSpaceId } = body;
  const [, space, to = ''] = /^dtv1\.card\/\/(IM_GROUP|IM_ROBOT)\.(.+)$/.exec(String(openSpaceId)) ?? [];
  const model = body[space === 'IM_GROUP' ? 'imGroupOpenDeliverModel' : 'imRobotOpenDeliverModel'] as Json | undefined;
  const [key] = Object.keys((cardData as { cardParamMap?: Json } | undefined)?.cardParamMap ?? {});
  if (!cardTemplateId || !outTrackId || space === undefined || key === undefined) return undefined;
  if (model?.['robotCode'] !== robotCode) return undefined;
  return { id: String(outTrackId), to, key, done: false };
}
