/** A network between page and server that can be cut, and what speaks to the server without a browser. */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Passes bytes on until it is cut. */
export class Wire {
  /** @param {import('node:test').TestContext} t @param {{port: number}} server */
  static async to(t, server) {
    const wire = new Wire();
    /** @type {Set<import('node:net').Socket>} */
    wire.sockets = new Set();
    wire.isCut = false;
    /** So many bytes pass yet. */
    wire.left = Infinity;
    wire.listener = createServer((near) => wire.pass(near, server.port));
    wire.listener.listen(0, '127.0.0.1');
    await once(wire.listener, 'listening');
    wire.url = `http://127.0.0.1:${wire.listener.address().port}/`;
    t.after(() => {
      wire.cut();
      wire.listener.close();
    });
    return wire;
  }

  pass(near, port) {
    if (this.isCut) return near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]]) {
      this.sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => {
        this.left -= bytes.length;
        if (this.left < 0) this.cut();
      });
      from.pipe(to);
    }
  }

  /** Breaks when so many more bytes have passed, and says when it did. */
  async cutAfter(bytes) {
    this.left = bytes;
    await new Promise((done) => {
      this.broke = done;
    });
  }

  /** Every connection breaks, and no new one comes about. */
  cut() {
    this.isCut = true;
    this.left = Infinity;
    this.broke?.();
    for (const socket of this.sockets) {
      // Node (20) never closes one that is reset while its end is on its way, and then never exits.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  mend() {
    this.isCut = false;
  }
}

/** What somebody with `nc` types and reads. */
export class LineClient {
  /** @param {import('node:test').TestContext} t @param {{port: number}} server @param {string} name */
  static async enter(t, server, name) {
    const client = new LineClient(connect(server.port, '127.0.0.1'));
    t.after(() => client.socket.destroy());
    await client.hears('name');
    client.types(name);
    await client.hears(/lobby/);
    return client;
  }

  /** @param {import('node:stream').Duplex} socket Or the two ends of a program. */
  constructor(socket) {
    this.socket = socket;
    this.heard = '';
    this.waiting = () => {};
    socket.on('data', (bytes) => {
      this.heard += bytes;
      this.waiting();
    });
    socket.on('error', () => {});
  }

  types(line) {
    this.socket.write(`${line}\n`);
  }

  /** Waits until that has come, since the beginning. @param {string | RegExp} what */
  async hears(what, within = 45_000) {
    const has = () => (typeof what === 'string' ? this.heard.includes(what) : what.test(this.heard));
    const late = AbortSignal.timeout(within);
    while (!has()) {
      if (late.aborted) throw new Error(`${what} did not come, but:\n${this.heard.slice(-2000)}`);
      await new Promise((done) => {
        this.waiting = done;
        late.addEventListener('abort', done);
      });
    }
  }

  leave() {
    this.socket.end();
  }
}
