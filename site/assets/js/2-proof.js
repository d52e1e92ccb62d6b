// From rows to a signature: the bundle's form, the tree of RFC 6962, C2SP's signed notes with Ed25519. docs/bundle.md has it all.
"use strict";
const Proof = (() => {
  const { Refused, bytesOf, fromHex, toHex, joined, sha256, hashed } = Canonical;
  const FORMAT = "openbook-bundle/1", LARGEST = 50000;

  class Unable extends Error {}  // what this browser cannot do, whatever the bundle holds

  const list = value => {
    if (!Array.isArray(value)) throw new Refused("a list is something else");
    return value;
  };
  const text = value => (bytesOf(value), value);
  const name = value => {
    if (text(value).length > 300 || /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(value)) throw new Refused("a name cannot be printed");
    return value;
  };
  const number = value => {
    if (!Number.isSafeInteger(value) || value < 0) throw new Refused("a number is something else, or too large");
    return value;
  };
  const hash = value => {
    if (typeof value !== "string" || value.length !== 64) throw new Refused("a hash is not 64 hexadecimal digits");
    return toHex(fromHex(value));
  };
  const object = value => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refused("a part is missing");
    return value;
  };

  const readRow = (stream, told) => {
    const [sequence, recordedAt, previousHash, rowHash, leaf, values, short = {}] = list(told);
    if (told.length > 7) throw new Refused("a row has more than it may");
    const has = part => Object.hasOwn(object(short), part);
    return {
      stream: name(stream), table: stream.split(":")[0], strategy: stream.slice(stream.indexOf(":") + 1),
      sequence: number(sequence), recordedAt: text(recordedAt), previousHash: previousHash === null ? null : hash(previousHash),
      rowHash: hash(rowHash), leaf: number(leaf), values: list(values).map(value => value === null ? null : text(value)),
      payloadHash: has("payload_hash") ? hash(short.payload_hash) : null,
      skipped: has("skipped")
        ? { length: number(short.skipped), state: fromHex(hash(short.state)), rest: fromHex(text(short.rest)) } : null,
      toString() { return `${this.stream}, row ${this.sequence}`; },
    };
  };

  const parse = content => {
    const size = new TextEncoder().encode(content).length;
    if (size > LARGEST) throw new Refused(`the bundle has ${size} bytes, and may have ${LARGEST}`);
    let told;
    try { told = object(JSON.parse(content)); } catch { throw new Refused("the bundle is no JSON"); }
    if (told.format !== FORMAT) throw new Refused(`the bundle is not of the form ${FORMAT}`);
    const rows = Object.entries(object(told.rows)).flatMap(([stream, some]) => list(some).map(row => readRow(stream, row)));
    if (!rows.length) throw new Refused("the bundle has no row");
    return {
      page: name(told.page), rows, proof: list(told.proof).map(hash), checkpoint: text(told.checkpoint), keys: list(told.keys).map(text),
    };
  };

  // Every row hashed anew: the rows, each with its values by column and the hash of its leaf.
  const proveRows = async bundle => {
    const known = new Map(bundle.rows.map(row => [`${row.stream} ${row.sequence}`, row.rowHash]));
    if (known.size < bundle.rows.length || new Set(bundle.rows.map(row => row.leaf)).size < bundle.rows.length)
      throw new Refused("a row or a place in the log is in the bundle twice");
    return Promise.all(bundle.rows.map(async row => {
      const previous = row.previousHash ?? known.get(`${row.stream} ${row.sequence - 1}`);
      if (previous === undefined || row.sequence < 1) throw new Refused(`${row} does not say the hash of the row before it`);
      let found;
      try { found = await hashed(row, previous); } catch (error) {
        throw error instanceof Refused ? new Refused(`${row}: ${error.message}`) : error;
      }
      if (toHex(found.hash) !== row.rowHash)
        throw new Refused(`${row}, is not the row that was recorded: it hashes to ${toHex(found.hash).slice(0, 16)}…, and the bundle says ${row.rowHash.slice(0, 16)}…`);
      const entry = joined([found.hash, Canonical.framed("bigint", String(row.sequence)).slice(4), bytesOf(row.stream)]);
      return { ...row, values: found.values, leafHash: await sha256(joined([Uint8Array.of(0), entry])) };
    }));
  };

  const rootOf = async (rows, size, proof) => {
    const leaves = rows.slice().sort((one, other) => one.leaf - other.leaf);
    if (leaves[leaves.length - 1].leaf >= size) throw new Refused("a row lies outside the log");
    let used = 0;
    const walk = async (start, end, wanted) => {
      if (!wanted.length) {
        if (used === proof.length) throw new Refused("the proof is too short");
        return fromHex(proof[used++]);
      }
      if (end - start === 1) return wanted[0].leafHash;
      let width = 1;
      while (2 * width < end - start) width *= 2;
      const left = await walk(start, start + width, wanted.filter(row => row.leaf < start + width));
      const right = await walk(start + width, end, wanted.filter(row => row.leaf >= start + width));
      return sha256(joined([Uint8Array.of(1), left, right]));
    };
    const root = await walk(0, size, leaves);
    if (used !== proof.length) throw new Refused("the proof is too long");
    return root;
  };

  const fromBase64 = encoded => {
    let decoded = "";
    try { decoded = atob(encoded); } catch { return new Uint8Array(0); }
    return btoa(decoded) === encoded ? Uint8Array.from(decoded, one => one.charCodeAt(0)) : new Uint8Array(0);
  };
  const readKey = async line => {
    const [, origin, id, encoded] = /^([^\s+]+)\+([^+]*)\+(.*)$/.exec(line.trim()) || [];
    const material = fromBase64(encoded || "");
    if (material.length === 33 && material[0] === 1) {
      const found = (await sha256(joined([bytesOf(`${origin}\n`), material]))).slice(0, 4);
      if (toHex(found) === id) return { origin, id, material, line: line.trim() };
    }
    throw new Refused("a key of the log is no verifier key");
  };
  const readNote = note => {
    const cut = note.lastIndexOf("\n\n");
    if (cut < 0 || !note.endsWith("\n") || /[\x00-\x09\x0b-\x1f]/.test(note)) throw new Refused("a signed note cannot be read");
    const signatures = note.slice(cut + 2, -1).split("\n").map(line => {
      const [, origin, encoded] = /^— (\S+) (\S+)$/.exec(line) || [];
      const bytes = fromBase64(encoded || "");
      if (bytes.length <= 4) throw new Refused("a signature cannot be read");
      return { origin, id: toHex(bytes.slice(0, 4)), signature: bytes.slice(4) };
    });
    return { body: note.slice(0, cut + 1), signatures };
  };
  const checkSigned = async (note, key, what) => {
    const { body, signatures } = readNote(note);
    const own = signatures.filter(one => one.origin === key.origin && one.id === key.id);
    let imported;
    try { imported = await crypto.subtle.importKey("raw", key.material.slice(1), { name: "Ed25519" }, false, ["verify"]); } catch (error) {
      if (error.name === "NotSupportedError") throw new Unable("This browser cannot check Ed25519 signatures");
      throw new Refused(`the key ${key.line} is no key`);
    }
    const checked = await Promise.all(own.map(one => crypto.subtle.verify({ name: "Ed25519" }, imported, one.signature, bytesOf(body))));
    if (!own.length || checked.includes(false)) throw new Refused(`${what} has no signature of ${key.line} that holds`);
  };
  const readCheckpoint = body => {
    const lines = body.split("\n");
    if (lines.length < 4 || lines.slice(0, -1).includes("") || !/^(?:0|[1-9]\d{0,18})$/.test(lines[1]))
      throw new Refused("a checkpoint is origin, size and root");
    const size = Number(lines[1]), root = fromBase64(lines[2]);
    if (!Number.isSafeInteger(size) || root.length !== 32) throw new Refused("a checkpoint has no size or no root");
    return { origin: lines[0], size, root };
  };

  // The checkpoint that the key which counts for it has signed, each hand-over before it being signed by both keys.
  const proveSignature = async bundle => {
    if (!bundle.keys.length) throw new Refused("the bundle has no key");
    const keys = [{ ...await readKey(bundle.keys[0]), after: -1 }];
    if (bundle.keys[0] !== `${keys[0].line}\n`) throw new Refused("the first key of the log is more than a key");
    for (const note of bundle.keys.slice(1)) {
      const lines = readNote(note).body.split("\n"), old = keys[keys.length - 1];
      if (lines[0] !== "openbook hand-over" || lines.length < 7) throw new Refused("a hand-over of the key cannot be read");
      const key = await readKey(lines[2]), last = readCheckpoint(lines.slice(3).join("\n"));
      await checkSigned(note, old, "a hand-over of the key");
      await checkSigned(note, key, "a hand-over of the key");
      if (lines[1] !== old.line || key.origin !== old.origin || last.origin !== old.origin || last.size < old.after)
        throw new Refused("a hand-over of the key does not follow the one before it");
      keys.push({ ...key, after: last.size });
    }
    const checkpoint = readCheckpoint(readNote(bundle.checkpoint).body);
    if (checkpoint.size === 0) throw new Refused("the checkpoint signs no entry");
    const key = keys.findLast(one => one.after < checkpoint.size);
    await checkSigned(bundle.checkpoint, key, "the checkpoint");
    if (checkpoint.origin !== key.origin) throw new Refused("the checkpoint is of another log than its key");
    return { checkpoint, key };
  };

  return { FORMAT, LARGEST, Unable, parse, proveRows, rootOf, proveSignature };
})();
