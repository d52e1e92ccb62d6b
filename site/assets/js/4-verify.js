// "Verify this page": each step as it is done, and the numbers that were compared, marked. Nothing is fetched.
"use strict";
const Verify = (() => {
  const { Refused, toHex } = Canonical;
  const { Unable } = Proof;
  const plural = (count, one, more) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

  const readPage = page => {
    const found = page.querySelectorAll('[id="bundle"]'), mains = page.querySelectorAll("main");
    if (found.length !== 1 || found[0].localName !== "script") throw new Refused(`the page has ${found.length} bundles, where one belongs`);
    if (mains.length !== 1) throw new Refused("the page does not say which one it is");
    return { content: found[0].textContent, own: mains[0].dataset.page ?? null };
  };
  const checkPlace = (bundle, own, address) => {
    if (own !== bundle.page) throw new Refused(`this is the page ${own || "(the first one)"}, and the bundle is that of ${bundle.page || "the first one"}`);
    const served = address.protocol === "http:" || address.protocol === "https:";
    const path = decodeURI(address.pathname).replace(/index\.html$/, "");
    if (served && !path.endsWith(`/${bundle.page}`)) throw new Refused(`the page that was asked for is ${path}, and this is ${bundle.page}`);
  };

  // Does all of it, telling each step; gives what was found, or throws what is wrong.
  const run = async (page, address, tell) => {
    if (!globalThis.crypto?.subtle)
      throw new Unable("A browser lends its cryptography to pages from a file, from this machine, or over HTTPS, and this one came otherwise");
    const { content, own } = readPage(page);
    const bundle = Proof.parse(content);
    checkPlace(bundle, own, address);
    tell("Bundle", `is the one of this page: ${plural(bundle.rows.length, "row", "rows")}, ${plural(bundle.proof.length, "node", "nodes")} of proof.`);
    const rows = await Proof.proveRows(bundle);
    Claims.refuseForeign(bundle.page, rows);
    tell("Rows", `hash to what the bundle says: ${plural(rows.length, "row", "rows")}, place, time and values.`,
      rows.map(row => `${row}: ${row.rowHash}`));
    const { checkpoint, key } = await Proof.proveSignature(bundle);
    tell("Signature", `of the checkpoint of ${plural(checkpoint.size, "entry", "entries")} of ${checkpoint.origin} holds, by the key ${key.line}`);
    const shown = page.querySelector("section.verify .key")?.textContent;
    if (shown !== key.line) throw new Refused(`the key that is shown below is not the one that has signed, ${key.line}`);
    const root = toHex(await Proof.rootOf(rows, checkpoint.size, bundle.proof));
    if (root !== toHex(checkpoint.root)) throw new Refused("rows and proof lead to another root than the checkpoint signs: one of them was changed after it");
    tell("Proof", `leads from the rows to the root that is signed, ${root.slice(0, 16)}…`);
    const compared = Claims.compare([...page.querySelectorAll("data")], Claims.claims(rows));
    const faults = compared.filter(one => one.fault), known = compared.filter(one => one.known);
    if (faults.length) {
      faults.forEach(one => one.element.classList.add("unproven"));
      throw new Refused(`${plural(faults.length, "number", "numbers")} of the page ${faults.length === 1 ? "differs" : "differ"}: ${faults.slice(0, 5).map(one => one.fault).join("; ")}`);
    }
    if (!known.length) throw new Refused("no number of the page is in a row of its bundle: nothing on it was compared");
    known.forEach(one => one.element.classList.add("proven"));
    tell("Numbers", `on the page that a row says are that row's: ${known.length.toLocaleString("en")} of ${compared.length.toLocaleString("en")}, marked with a dotted line.`);
    return { rows: rows.length, known: known.length, standing: compared.length, key };
  };

  const ended = (section, state, words) => {
    const outcome = section.querySelector(".said");
    outcome.className = `said ${state}`;
    outcome.textContent = words;
  };
  const listed = (section, state, name, words, details = []) => {
    const item = document.createElement("li"), strong = document.createElement("strong"), said = document.createElement("span");
    item.className = state;
    strong.textContent = name;
    said.textContent = ` ${words}`;
    item.append(strong, said);
    if (details.length) {
      const more = document.createElement("details"), summary = document.createElement("summary"), lines = document.createElement("ul");
      summary.textContent = "Each of them";
      lines.append(...details.map(line => Object.assign(document.createElement("li"), { textContent: line })));
      more.append(summary, lines);
      item.append(more);
    }
    section.querySelector(".steps").append(item);
  };

  const verify = async section => {
    section.querySelector(".steps").replaceChildren();
    document.querySelectorAll(".proven, .unproven").forEach(element => element.classList.remove("proven", "unproven"));
    ended(section, "", "");
    const began = performance.now();
    try {
      const found = await run(document, location, (name, words, details) => listed(section, "passed", name, words, details));
      const others = found.standing - found.known;
      ended(section, "passed", `Verified in ${Math.max(1, Math.round(performance.now() - began))} ms: ${plural(found.rows, "row is", "rows are")} as this key has signed them, ` +
        `and ${plural(found.known, "number", "numbers")} on this page ${found.known === 1 ? "is theirs" : "are theirs"}. ` +
        (others ? `The other ${others.toLocaleString("en")} follow from many rows or from rows left out: openbook recompute checks those. ` : "") +
        "Now compare the key below with the one that you know.");
    } catch (error) {
      const unable = error instanceof Unable;
      listed(section, "failed", unable ? "Stopped" : "Failed", `${error.message}.`);
      ended(section, "failed", unable
        ? "Not verified: nothing speaks against the page, but this browser could not check it. The command below can."
        : "Not verified. Do not rely on this page; fetch it again, and if this stays, keep it as evidence.");
    }
  };

  const copy = async section => {
    const button = section.querySelector(".copy");
    try {
      await navigator.clipboard.writeText(section.querySelector(".command").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(section.querySelector(".command"));
      button.textContent = "Selected: copy it with the keyboard";
    }
  };

  const section = document.querySelector("section.verify");
  if (section) {
    section.querySelectorAll("button").forEach(button => { button.hidden = false; });
    section.querySelector(".off").hidden = true;
    section.querySelector(".run").addEventListener("click", () => verify(section));
    section.querySelector(".copy").addEventListener("click", () => copy(section));
  }
  return { run, verify };
})();
