export { noSettings as WebSocketConfig } from '../stream-capabilities.js';
