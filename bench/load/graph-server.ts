import { createServer } from 'node:http';

/*
 * The fake of a platform, as bare as can be: takes messages as WhatsApp's Cloud API does and answers at once. Says { port };
 * any message is answered with { sent } since the last one.
 */
let sent = 0;
const server = createServer((request, response) => {
  request.resume().once('end', () => {
    if (request.method === 'POST') sent += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"messaging_product":"whatsapp","messages":[{"id":"wamid.1"}],"id":"1"}');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: address !== null && typeof address === 'object' ? address.port : 0 });
});
process.on('message', () => {
  process.send?.({ sent });
  sent = 0;
});
