// The daemon's protocol over a WebSocket: one JSON-RPC message a frame (docs/protocol.md).

/** An error of the daemon: what is wrong, where, and what to do next. */
export class RpcError extends Error {
  constructor(data, fallback) {
    super(data?.message || fallback || 'The daemon gave an error without words.');
    this.code = data?.code || 'internal';
    this.where = data?.where || '';
    this.hint = data?.hint || '';
  }
}

const kLost = {code: 'io', message: 'The connection to the daemon is lost.', hint: 'This page tries again by itself.'};

/**
 * Events: `state` (detail: "open", "lost" or "closed", with `detail.error` where the daemon lets us in no more),
 * `notification` (detail: {method, params}).
 */
export class Connection extends EventTarget {
  #token;
  #socket = null;
  #next = 1;
  #pending = new Map();
  #follows = new Map();   // job -> {after, listeners}
  #wait = 1000;
  #timer = 0;
  #closed = false;

  constructor(token) {
    super();
    this.#token = token;
  }

  /** Resolves with the answer to server.hello. */
  open() {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
      this.#socket = socket;
      let greeted = false;
      socket.onopen = async () => {
        try {
          const hello = await this.call('server.hello', {client: 'page', token: this.#token});
          greeted = true;
          this.#wait = 1000;
          for (const [job, follow] of this.#follows) this.#subscribe(job, follow);
          this.#tell('open');
          resolve(hello);
        } catch (error) {
          socket.close();
          reject(error);
        }
      };
      socket.onmessage = (message) => this.#take(JSON.parse(message.data));
      socket.onclose = () => {
        const lost = new RpcError(kLost);
        for (const pending of this.#pending.values()) pending.reject(lost);
        this.#pending.clear();
        if (!greeted) reject(new RpcError({code: 'io', message: 'The daemon does not answer.', hint: 'Is it running? Load this page anew.'}));
        if (greeted && !this.#closed) this.#again();
      };
    });
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  call(method, params = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new RpcError(kLost));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {resolve, reject});
      this.#socket.send(JSON.stringify({jsonrpc: '2.0', id, method, params}));
    });
  }

  /** Calls `listener(method, params)` for each event of a job after `after`, also over a lost connection. Returns how to end that. */
  follow(job, after, listener) {
    let follow = this.#follows.get(job);
    if (!follow) {
      follow = {after, listeners: new Set()};
      this.#follows.set(job, follow);
      this.#subscribe(job, follow);
    }
    follow.listeners.add(listener);
    return () => {
      follow.listeners.delete(listener);
      if (follow.listeners.size > 0 || this.#follows.get(job) !== follow) return;
      this.#follows.delete(job);
      this.call('job.unsubscribe', {job}).catch(() => {});
    };
  }

  #subscribe(job, follow) {
    this.call('job.subscribe', {job, after: follow.after}).catch(() => {});
  }

  #take(message) {
    if (message.method) {
      const {method, params} = message;
      const follow = this.#follows.get(params?.job);
      if (follow) {
        if (params.event) follow.after = params.event;
        for (const listener of [...follow.listeners]) listener(method, params);
        if (method === 'job.finished') this.#follows.delete(params.job);
      } else if (!params?.job) {
        this.dispatchEvent(new CustomEvent('notification', {detail: message}));
      }
      return;
    }
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    if (message.error) pending.reject(new RpcError(message.error.data, message.error.message));
    else pending.resolve(message.result);
  }

  #again() {
    this.#tell('lost');
    this.#timer = setTimeout(async () => {
      this.#wait = Math.min(2 * this.#wait, 15000);
      try {
        await this.open();
      } catch (error) {
        if (error.code === 'denied') this.#tell('closed', error);
        else if (!this.#closed) this.#again();
      }
    }, this.#wait);
  }

  #tell(state, error = null) {
    this.dispatchEvent(new CustomEvent('state', {detail: {state, error}}));
  }
}

const kPiece = 512 * 1024;
const kMostFile = 32 * 1024 * 1024;
const kMostKept = 300;

/** Files of the store, by hash; the last few hundred are kept. At most four pieces are on their way. */
export class Files {
  #connection;
  #kept = new Map();
  #free = 4;
  #queue = [];

  constructor(connection) {
    this.#connection = connection;
  }

  /** Resolves with the bytes. */
  read(hash) {
    let file = this.#kept.get(hash);
    if (!file) {
      file = this.#load(hash);
      file.catch(() => this.#kept.delete(hash));
    }
    this.#kept.delete(hash);
    this.#kept.set(hash, file);
    if (this.#kept.size > kMostKept) this.#kept.delete(this.#kept.keys().next().value);
    return file;
  }

  async #load(hash) {
    const pieces = [];
    let got = 0;
    let size = 1;
    while (got < size) {
      const piece = await this.#piece({hash, offset: got, size: kPiece});
      size = piece.size;
      if (size > kMostFile) throw new RpcError({code: 'limit', message: 'The file is too large for this page.', hint: `ptah store get ${hash}`});
      const bytes = Uint8Array.from(atob(piece.data), (c) => c.charCodeAt(0));
      if (bytes.length === 0) break;
      pieces.push(bytes);
      got += bytes.length;
    }
    const whole = new Uint8Array(got);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  async #piece(params) {
    if (this.#free === 0) await new Promise((resolve) => this.#queue.push(resolve));
    else --this.#free;
    try {
      return await this.#connection.call('store.read', params);
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else ++this.#free;
    }
  }
}
