import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, startRedis, type TestRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from './browser.js';
import { type ServiceProcess, startService } from './service-process.js';
import { openSwitchboard, type Switchboard } from './switchboard.js';

/** Where to put pictures of the page for the documentation; nowhere unless set. */
const pictures = process.env['QUEUECLAW_PICTURES'];
const patience = 20_000;

let redis: TestRedis;
let home: string;
let browser: Browser;
let board: Switchboard;
let shared: Record<string, string>;
let first: ServiceProcess;
let running: ServiceProcess[] = [];
const ports: number[] = [];
const complaints: string[] = [];
const pages: Page[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-page-'));
  redis = await startRedis();
  const config = join(home, 'queueclaw.yaml');
  const policy = 'tools: { policy: [{ tool: write_file, do: ask }] }';
  await writeFile(config, `llm: { default: demo, models: { demo: { provider: demo } } }\n${policy}\n`);
  shared = {
    ...{ REDIS_URL: redis.url, QUEUECLAW_HOME: home, QUEUECLAW_CONFIG: config },
    ...{ QUEUECLAW_NAMESPACE: uniqueNamespace(), QUEUECLAW_MAIL_KEY: 'the mail key of this test, long enough' },
  };
  ports.push(await freePort(), await freePort());
  board = await openSwitchboard(ports[0] ?? 0);
  const { QUEUECLAW_MAIL_KEY: _, ...runner } = shared;
  const [ingress, other, agent, tools, chromium] = await Promise.all([
    startService('ingress', { ...shared, PORT: String(ports[0]) }),
    startService('ingress', { ...shared, PORT: String(ports[1]) }),
    startService('agent', shared),
    startService('tool-runner', runner),
    launchBrowser(),
  ]);
  first = ingress;
  running = [ingress, other, agent, tools];
  browser = chromium;
}, 90_000);

afterAll(async () => {
  await browser.close();
  await board.close();
  await Promise.all(running.map((one) => one.stop()));
  await redis.stop();
  await rm(home, { recursive: true, force: true });
});

afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.context().close()));
  expect(complaints.splice(0)).toEqual([]);
});

const visit = async (options: BrowserContextOptions = {}): Promise<Page> => {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1100, height: 760 }, ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  pages.push(page);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A lost connection is the subject of a test; anything else that the browser complains about is a defect.
    if (message.type() === 'error' && !message.text().includes('ERR_') && !message.text().includes('404'))
      complaints.push(message.text());
  });
  await page.goto(board.url);
  await page.locator('#state[data-state=online]').waitFor();
  return page;
};

const write = async (page: Page, text: string): Promise<void> => {
  await page.locator('#text').fill(text);
  await page.locator('#text').press('Enter');
};

const take = async (page: Page, name: string): Promise<void> => {
  if (pictures === undefined) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
};

/** Numbers that the demo model counts while it speaks slowly. */
const answerOf = (page: Page): Promise<string> => page.locator('#log .answer').last().innerText();

it('sends, shows the answer while it is written, and shows the same after a reload', async () => {
  const page = await visit();
  await write(page, 'slow 3');
  await page.locator('#log .answer').waitFor();
  const early = await answerOf(page);
  await page.locator('#stop').waitFor({ state: 'hidden' });
  const whole = await answerOf(page);
  expect(whole.length).toBeGreaterThan(early.length);
  expect(whole.startsWith(early.trim().slice(0, 5))).toBe(true);
  await write(page, 'run: echo $((40+2))');
  await eventually(async () => expect(await answerOf(page)).toContain('42'), { timeoutMs: patience });
  expect(await page.locator('#log .tool').last().innerText()).toContain('shell');
  await write(page, 'tell me **more**');
  await eventually(async () => expect(await answerOf(page)).toContain('You wrote: tell me more'), {
    timeoutMs: patience,
  });
  await take(page, 'chat');
  const before = await page.locator('#log').innerText();
  await page.reload();
  await page.locator('#state[data-state=online]').waitFor();
  await eventually(async () => expect(await page.locator('#log').innerText()).toBe(before), { timeoutMs: patience });
});

it('shows the answer to a command beside the answer that is being written', async () => {
  const page = await visit();
  await write(page, 'slow 5');
  await page.locator('#log .answer').waitFor();
  await write(page, '/status');
  await page.locator('#log .answer.notice', { hasText: 'working' }).waitFor();
  const early = await page.locator('#log .answer').first().innerText();
  await page.locator('#stop').waitFor({ state: 'hidden' });
  const whole = await page.locator('#log .answer').first().innerText();
  expect(whole.length).toBeGreaterThan(early.length);
  expect(await page.locator('#log .answer').count()).toBe(2);
});

it('sends a picture and a file without a word, shows them again after a reload, and saves them', async () => {
  const page = await visit();
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
    'base64',
  );
  await page.locator('#files').setInputFiles([
    { name: '红.png', mimeType: 'image/png', buffer: png },
    { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<script>document.title = "run"</script>') },
    { name: 'wrong.txt', mimeType: 'text/plain', buffer: Buffer.from('wrong') },
  ]);
  await page.locator('#tray .file', { hasText: 'wrong.txt' }).locator('button').click();
  await eventually(async () => expect(await page.locator('#tray .file[data-state=ready]').count()).toBe(2));
  await page.locator('#tray .file img').waitFor();
  await page.locator('#send').click();
  const shown = page.locator('#log .bubble .file');
  await eventually(async () => expect(await shown.allInnerTexts()).toEqual(['红.png\n70 B', 'page.html\n39 B']));
  expect(await page.locator('#tray').isHidden()).toBe(true);
  await eventually(async () => expect(await answerOf(page)).toContain('红.png'), { timeoutMs: patience });
  await take(page, 'attachments');
  await write(page, 'run: cat attachments/*page.html');
  await eventually(async () => expect(await answerOf(page)).toContain('document.title'), { timeoutMs: patience });
  await page.reload();
  await page.locator('#log .bubble .file img').waitFor();
  expect(await shown.count()).toBe(2);
  const saving = page.waitForEvent('download');
  await shown.nth(1).click();
  expect((await saving).suggestedFilename()).toBe('page.html');
  expect(await page.title()).not.toBe('run');
});

it('shows the files of an answer behind it, on a phone too, and again after a reload, and saves them', async () => {
  const page = await visit({ viewport: { width: 360, height: 740 } });
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
  await write(
    page,
    `run: echo ${png} | base64 -d > red.png; echo '<script>alert(1)</script>' > page.html; echo $((40+2))`,
  );
  await eventually(async () => expect(await answerOf(page)).toContain('42'), { timeoutMs: patience });
  await page.locator('#text').fill('send red.png\nsend page.html');
  await page.locator('#send').click();
  const shown = page.locator('#log .turn .file');
  const names = (): Promise<string[]> => shown.allInnerTexts();
  await eventually(async () => expect(await names()).toEqual(['red.png\n70 B', 'page.html\n26 B']), {
    timeoutMs: patience,
  });
  await page.reload();
  await page.locator('#log .turn .file img').waitFor();
  expect(await names()).toEqual(['red.png\n70 B', 'page.html\n26 B']);
  const saving = page.waitForEvent('download');
  await shown.nth(1).click();
  expect((await saving).suggestedFilename()).toBe('page.html');
  expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(
    0,
  );
});

it('goes on with an answer on another replica when its own is killed, and shows it once', async () => {
  const page = await visit();
  await write(page, 'slow 4');
  await page.locator('#log .answer').waitFor();
  board.pointTo(ports[1] ?? 0);
  await first.kill();
  board.cut();
  await page.locator('#stop').waitFor({ state: 'hidden' });
  await page.locator('#state[data-state=online]').waitFor();
  expect(await page.locator('#log .turn').count()).toBe(1);
  const shown = await page.locator('#log').innerText();
  await page.reload();
  await page.locator('#state[data-state=online]').waitFor();
  await eventually(async () => expect(await page.locator('#log').innerText()).toBe(shown), { timeoutMs: patience });
}, 60_000);

it('shows what a newer attempt or another model says in the place of what was said before', async () => {
  const page = await visit();
  const shown = await page.evaluate(`(async () => {
    const { createMessages } = await import('/assets/messages.js');
    const list = document.createElement('ol');
    const messages = createMessages(list, { onRetry() {} });
    const delta = (attempt, text, more) => messages.delta({ turn: 1, step: 1, attempt, text, ...more });
    delta(1, 'Half an');
    delta(1, 'Three quarters of', { replace: true });
    delta(2, 'A whole');
    delta(1, ' late');
    delta(2, ' one.');
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return list.querySelector('.answer').textContent.trim();
  })()`);
  expect(shown).toBe('A whole one.');
});

it('asks before a call that the policy asks about, and makes it when the button is pressed', async () => {
  const page = await visit();
  const choices = page.locator('#log .choices button');
  const shown = (text: string): Promise<void> => page.locator('#log .answer', { hasText: text }).last().waitFor();
  await write(page, 'write kept.txt: by a person’s leave');
  await shown('"path":"kept.txt"');
  expect(await choices.allInnerTexts()).toEqual(['Allow once', 'Allow in this conversation', 'Refuse']);
  await choices.first().click();
  await shown('Allowed once');
  await page.locator('#stop').waitFor({ state: 'hidden' });
  expect(await choices.count()).toBe(0);
  await write(page, 'write lost.txt: by nobody’s');
  await choices.last().click();
  await shown('the person refused it');
  await write(page, 'run: ls; cat kept.txt');
  await eventually(async () => expect(await answerOf(page)).toContain('leave'), { timeoutMs: patience });
  expect(await answerOf(page)).not.toContain('lost.txt');
});

it('stops what runs when asked to, and takes the next message', async () => {
  const page = await visit();
  await write(page, 'slow 50');
  await page.locator('#log .answer').waitFor();
  await page.locator('#stop').click();
  await page.locator('#stop').waitFor({ state: 'hidden' });
  expect(await answerOf(page)).toBe('Stopped.');
  await write(page, 'and now?');
  await eventually(async () => expect(await answerOf(page)).toContain('and now?'), { timeoutMs: patience });
});

it('fits a phone: nothing is cut off, and a finger is enough', async () => {
  const page = await visit({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  await page.locator('.idea').first().tap();
  await eventually(async () => expect(await answerOf(page)).toContain('slow'), { timeoutMs: patience });
  await take(page, 'chat-phone');
  await page.locator('#text').fill(`A long word: ${'x'.repeat(200)}`);
  await page.locator('#send').tap();
  await eventually(async () => expect(await answerOf(page)).toContain('You wrote'), { timeoutMs: patience });
  expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(
    0,
  );
  for (const id of ['#text', '#send', '#new']) {
    const box = await page.locator(id).boundingBox();
    expect(box, id).not.toBeNull();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(740);
  }
});

it('speaks the language of the browser', async () => {
  const page = await visit({ locale: 'zh-CN' });
  expect(await page.locator('#state-text').innerText()).toBe('在线');
  await write(page, 'slow 30');
  await page.locator('#log .answer').waitFor();
  await page.locator('#stop').click();
  await eventually(async () => expect(await answerOf(page)).toMatch(/停止/), { timeoutMs: patience });
});
