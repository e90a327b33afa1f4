"use strict";
(() => {
  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const form = document.querySelector(".filter");
  const dialog = byId("exchange");
  const quietly = (hash) => history.replaceState(null, "", hash || location.pathname.split("/").pop() || "#");

  /* The evidence: compressed in the page, unpacked once when it is first asked for, shown as text only. */
  let unpacked;
  const evidence = () => (unpacked ||= (async () => {
    const bytes = Uint8Array.from(atob(byId("packed").textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  })());

  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  };
  const facts = (rows) =>
    make("dl", { class: "facts" }, ...rows.filter(([, text]) => text !== "" && text !== null).map(([label, text, kind]) =>
      make("div", kind ? { class: kind } : {}, make("dt", {}, label), make("dd", {}, text))));
  const text = (content, label, kind) =>
    make("pre", { tabindex: 0, role: "group", "aria-label": label, ...(kind ? { class: kind } : {}) }, content);
  const trace = (lines) => {
    const node = text("", "What was received", "trace");
    for (const [at, line, marked] of lines) {
      const shown = [make("span", { class: "at" }, at), line];
      node.append(...(marked ? [make("mark", {}, ...shown)] : [...shown, "\n"]));
    }
    return node;
  };
  const clause = (id, known) => {
    const node = make("p", { class: "clause" }, make("code", {}, id));
    if (!known) return node;
    node.append(" ", make("span", { class: "level" }, known.level), " ", known.statement);
    for (const [name, url, date] of known.sources) {
      const shown = url ? make("a", { href: url, rel: "noreferrer" }, name) : name;
      node.append(make("span", { class: "source" }, shown, date ? ` (${date})` : ""));
    }
    return node;
  };
  const links = (lines, exchanges) => {
    const node = make("p", { class: "dim" }, "Exchanges: ");
    lines.slice(0, 24).forEach((line, number) => {
      const known = exchanges[line];
      node.append(number ? ", " : "", known ? make("a", { href: `#exchange-${line}` }, known.name) : `journal line ${line}`);
    });
    if (lines.length > 24) node.append(` and ${lines.length - 24} more`);
    return node;
  };
  const copyButton = (content) => {
    const button = make("button", { type: "button" }, "Copy as text for an issue");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(content);
        button.textContent = "Copied";
      } catch {
        const shown = text(content, "Text for an issue");
        button.replaceWith(shown);
        getSelection().selectAllChildren(shown);
      }
    });
    return button;
  };

  const fill = async (node) => {
    if (node.dataset.full) return;
    node.dataset.full = "yes";
    const { cases, clauses, exchanges } = await evidence();
    const found = cases[node.id.slice("case-".length)];
    if (!found) return;
    const body = make("div", { class: "body" }, facts([["reason", found.reason], ["known", found.known]]));
    const shown = new Set();
    for (const finding of found.findings) {
      const kind = `${finding.expected}\n${finding.actual.replace(/, in \d+ of \d+ \w+$/, "")}`;
      if (shown.has(kind)) {
        body.append(facts([["also", finding.where]]));
        continue;
      }
      shown.add(kind);
      body.append(facts([["expected", finding.expected, "literal"], ["actual", finding.actual, "literal bad"], ["where", finding.where]]));
      if (finding.excerpt.length) body.append(trace(finding.excerpt));
    }
    body.append(...found.clauses.map((id) => clause(id, clauses[id])));
    if (found.evidence.length) body.append(links(found.evidence, exchanges));
    for (const [label, command] of found.commands) body.append(text(command, label, "command"));
    if (found.block) body.append(make("p", {}, copyButton(found.block)));
    node.append(body);
  };

  const showExchange = async (line) => {
    const { exchanges } = await evidence();
    const found = exchanges[line];
    if (!found) return;
    const part = (label, content, cut) =>
      make("div", {}, make("h3", {}, label + (cut ? ", cut: the journal holds it whole" : "")), text(content || "(nothing)", label));
    byId("exchange-title").textContent = found.name;
    byId("exchange-body").replaceChildren(
      facts([["journal line", line], ...found.facts]),
      make("div", { class: "messages" }, part("Request", found.request, found.cut[0]), part("Response", found.response, found.cut[1])),
    );
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  };
  dialog.addEventListener("close", () => { if (location.hash.startsWith("#exchange-")) quietly("#results"); });
  byId("close").addEventListener("click", () => dialog.close());

  /* The filters, which the address holds: #q=ping&outcome=fail,ignored&area=streaming */
  const search = byId("text"), area = byId("area"), boxes = all("input[type=checkbox]", form);
  const rows = all(".case").map((node) => ({
    node, outcome: node.dataset.o, area: node.dataset.a, words: node.textContent.toLowerCase(),
  }));
  const groups = all(".group").map((node) => ({ node, open: node.open }));
  let deep = false;
  const wanted = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const filter = () => {
    const outcomes = wanted(), words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = outcomes.length || area.value || words.length;
    let number = 0;
    for (const item of rows) {
      const fits = (!outcomes.length || outcomes.includes(item.outcome)) && (!area.value || area.value === item.area) &&
        words.every((word) => item.words.includes(word));
      item.node.hidden = !fits;
      number += fits ? 1 : 0;
    }
    for (const group of groups) {
      group.node.hidden = !all(".case:not([hidden])", group.node).length;
      group.node.open = active ? true : group.open;
    }
    byId("shown").textContent = `${number} of ${rows.length} results`;
    byId("none").hidden = number > 0 || !rows.length;
    if (words.length && !deep) search_in_evidence();
  };
  /* Clauses and what was seen are in the evidence: once a search has begun, they are searched, too. */
  const search_in_evidence = async () => {
    deep = true;
    const { cases } = await evidence();
    for (const item of rows) {
      const found = cases[item.node.id.slice("case-".length)];
      if (!found) continue;
      const seen = found.findings.flatMap((finding) => [finding.expected, finding.actual]);
      item.words += ` ${[...found.clauses, found.reason, ...seen].join(" ").toLowerCase()}`;
    }
    filter();
  };
  const remember = () => {
    const parts = new URLSearchParams();
    if (search.value.trim()) parts.set("q", search.value.trim());
    if (wanted().length) parts.set("outcome", wanted().join(","));
    if (area.value) parts.set("area", area.value);
    quietly(`#${parts.toString().replaceAll("%2C", ",") || "results"}`);
  };
  const recall = (hash) => {
    const parts = new URLSearchParams(hash);
    search.value = parts.get("q") || "";
    const outcomes = (parts.get("outcome") || "").split(",");
    boxes.forEach((box) => (box.checked = outcomes.includes(box.value)));
    area.value = parts.get("area") || "";
    if (area.selectedIndex < 0) area.value = "";
    filter();
  };

  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const follow = () => {
    const hash = decoded(location.hash.slice(1));
    if (hash.startsWith("exchange-")) return showExchange(hash.slice("exchange-".length));
    if (dialog.open) dialog.close();
    if (hash.includes("=")) {
      recall(location.hash.slice(1));
      byId("results").scrollIntoView();
      return byId("results").focus({ preventScroll: true });
    }
    const node = hash && byId(hash);
    if (!node) return;
    if (node.hidden) recall("");
    for (let above = node; above; above = above.parentElement) if (above.tagName === "DETAILS") above.open = true;
    all(".found").forEach((each) => each.classList.remove("found"));
    const arrive = () => {
      node.scrollIntoView();
      if (node.tagName === "DETAILS") node.querySelector("summary").focus({ preventScroll: true });
    };
    if (node.tagName === "DETAILS") node.classList.add("found");
    if (node.classList.contains("case")) fill(node).then(arrive);
    arrive();
  };

  document.addEventListener("toggle", (event) => {
    const node = event.target;
    if (node.open && node.classList.contains("case")) fill(node);
  }, true);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      filter();
      remember();
    }
  });
  form.addEventListener("input", () => { filter(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("reset").addEventListener("click", () => { recall(""); remember(); });
  addEventListener("hashchange", follow);
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const node of all("details.defect, #group-deviations")) if (!node.open) { node.open = true; opened.push(node); }
  });
  addEventListener("afterprint", () => opened.splice(0).forEach((node) => (node.open = false)));
  form.hidden = false;
  filter();
  if (location.hash) follow();
})();
