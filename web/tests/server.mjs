/** The real server, started for one test, with a store in a folder of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../../target/', import.meta.url));

/** `CHAT_BIN`, else what was built last of its kind. */
export const binary = process.env.CHAT_BIN ?? ['release', 'debug'].map((kind) => join(target, kind, 'chat-cli')).find(existsSync);

export class Server {
  /** @param {import('node:test').TestContext} t @param {string[]} options More than `serve --listen … --data …`. */
  static async start(t, ...options) {
    const server = new Server();
    server.options = options;
    server.folder = await mkdtemp(join(tmpdir(), 'chat-page-'));
    server.port = 0;
    t.after(async () => {
      await server.kill();
      await rm(server.folder, { recursive: true, force: true });
    });
    await server.run();
    return server;
  }

  /** Begins, or goes on with the same folder and port. */
  async run() {
    if (!binary) throw new Error('there is no chat-cli: cargo build -p chat-cli, or set CHAT_BIN');
    const options = ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.folder, '--json', '--log', 'warn', ...this.options];
    this.child = spawn(binary, options, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'exit');
    this.lines = [];
    for await (const line of createInterface({ input: this.child.stdout })) {
      this.lines.push(JSON.parse(line));
      const [{ listening } = {}] = this.lines;
      if (listening) this.port = Number(listening.split(':').at(-1));
      // The last line it prints when all is ready.
      if ('data' in this.lines.at(-1)) return;
    }
    throw new Error(`the server did not start: ${await this.ended}`);
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Runs `chat-cli user` on its folder, with that as its input. @param {string} input @param {string[]} words */
  async user(input, ...words) {
    const child = spawn(binary, ['user', ...words, '--data', this.folder], { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(input);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`chat-cli user ${words.join(' ')}: ${code}`);
  }

  /** In order, as an operator ends it; says its exit code. */
  async end() {
    this.child.kill('SIGTERM');
    return (await this.ended)[0];
  }

  async kill() {
    this.child?.kill('SIGKILL');
    await this.ended;
  }
}
