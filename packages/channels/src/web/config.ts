export { noSettings as WebConfig } from '../stream-capabilities.js';
