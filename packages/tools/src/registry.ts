import type { Tool } from './contract.js';
import { currentTime } from './current-time/spec.js';
import { readFile } from './read-file/spec.js';
import { shell } from './shell/spec.js';
import { writeFile } from './write-file/spec.js';

/** Every tool: a folder and a line here. What a tool does is loaded when it is first called. */
export const tools: readonly Tool[] = [shell, readFile, writeFile, currentTime];
