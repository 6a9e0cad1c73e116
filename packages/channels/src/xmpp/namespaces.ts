/** Namespaces, by what they are for; each with the specification it is of. */
export const ns = {
  /** XEP-0085 */
  chatStates: 'http://jabber.org/protocol/chatstates',
  /** XEP-0203 */
  delay: 'urn:xmpp:delay',
  /** XEP-0045 */
  muc: 'http://jabber.org/protocol/muc',
  mucUser: 'http://jabber.org/protocol/muc#user',
  /** XEP-0308 */
  correct: 'urn:xmpp:message-correct:0',
  /** XEP-0359 */
  sid: 'urn:xmpp:sid:0',
  /** XEP-0461 */
  reply: 'urn:xmpp:reply:0',
  /** XEP-0380 */
  encryption: 'urn:xmpp:eme:0',
  /** XEP-0198 */
  sm: 'urn:xmpp:sm:3',
  /** XEP-0388 */
  sasl2: 'urn:xmpp:sasl:2',
  /** XEP-0199 */
  ping: 'urn:xmpp:ping',
  /** XEP-0066 */
  outOfBand: 'jabber:x:oob',
  /** XEP-0363 */
  upload: 'urn:xmpp:http:upload:0',
  /** XEP-0030 */
  discoItems: 'http://jabber.org/protocol/disco#items',
  discoInfo: 'http://jabber.org/protocol/disco#info',
  /** RFC 6120, 8.3 */
  stanzaErrors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  streams: 'http://etherx.jabber.org/streams',
} as const;
