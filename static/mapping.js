// The mapping page: filters and searches its rows at once, unfolds a row's settings, leads to what is
// wrong. Without script each of these is a link or a button that asks the server.
"use strict";

(() => {
  const rows = document.getElementById("rows");
  if (!rows) return;
  const all = [...rows.querySelectorAll("tbody > tr")];
  const tabs = [...document.querySelectorAll(".tabs a[data-show]")];
  const search = document.getElementById("search");
  const form = document.getElementById("search-form");
  const unmapped = document.getElementById("unmapped");
  const nothing = document.getElementById("no-rows");
  const KATAKANA = 0x60;

  // As `normalised` of crm/searching/texts.py, of which `data-words` is made.
  function folded(text) {
    const plain = text.normalize("NFKC").toLowerCase().replace(/[\u3041-\u3096]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + KATAKANA));
    return plain.replace(/[‐‑‒–—―−]/g, "-");
  }

  function say(text) {
    const place = document.getElementById("live-status");
    if (place) place.textContent = text;
  }

  function current() {
    return tabs.find((tab) => tab.hasAttribute("aria-current"))?.dataset.show ?? "all";
  }

  // Shows what is asked for; the address says it, so that it can be copied and reloaded.
  function apply(show = current()) {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of all) {
      const isAsked = row.dataset.show.split(" ").includes(show);
      row.hidden = !(isAsked && words.every((word) => row.dataset.words.includes(word)));
      if (!row.hidden) count += 1;
    }
    for (const box of rows.querySelectorAll(".table-box")) {
      box.hidden = !box.querySelector("tbody > tr:not([hidden])");
    }
    if (unmapped) {
      unmapped.hidden = !unmapped.querySelector("tbody > tr:not([hidden])");
      if (words.length || show === "unmapped") unmapped.open = true;
    }
    nothing.hidden = count > 0;
    for (const tab of tabs) {
      if (tab.dataset.show === show) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    remember(show);
    return count;
  }

  function remember(show) {
    const address = new URL(location.href);
    const said = { show: show === "all" ? "" : show, q: search.value.trim() };
    for (const [name, value] of Object.entries(said)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    form.elements.show.value = show;
    history.replaceState(history.state, "", address);
  }

  function tell(count) {
    say(rows.dataset.found.replace("%s", count));
  }

  for (const link of document.querySelectorAll("a[data-show]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (!tabs.includes(link)) search.value = "";
      tell(apply(link.dataset.show));
      if (!tabs.includes(link)) rows.querySelector("tbody > tr:not([hidden]) input:not([type=hidden])")?.focus();
    });
  }

  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => tell(apply()), 300);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation(); // its button is not at work
    clearTimeout(waiting);
    tell(apply());
  }, true);

  // What was chosen counts at once; a row stays where it is until the next filter.
  rows.addEventListener("change", (event) => {
    const row = event.target.name?.startsWith("to:") && event.target.closest("tr");
    if (!row) return;
    const states = row.dataset.show.split(" ").filter((one) => one !== "mapped" && one !== "unmapped");
    row.dataset.show = [...states, event.target.value ? "mapped" : "unmapped"].join(" ");
    for (const tab of tabs) {
      const count = all.filter((one) => one.dataset.show.split(" ").includes(tab.dataset.show)).length;
      tab.textContent = tab.textContent.replace(/\d[\d,]*/, count);
    }
  });

  // 詳細: the settings that the server left out of a row that has none.
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=open]");
    if (!button) return;
    event.preventDefault();
    const made = document.getElementById("row-details").content.firstElementChild.cloneNode(true);
    const row = button.closest("tr");
    const said = { __number__: row.id.replace("row-", ""), __key__: button.value, __label__: row.querySelector("th .strong").textContent, __path__: encodeURIComponent(button.dataset.path ?? "") };
    if (!button.dataset.path) made.querySelector("[data-of-options]")?.remove();
    if (!button.hasAttribute("data-table")) made.querySelectorAll("[data-of-tables]").forEach((one) => one.remove());
    put(made, said);
    button.closest("td").append(made);
    made.querySelector("summary").focus();
    button.remove();
  });

  function put(node, said) {
    const replaced = (text) => text.replace(/__(number|key|label|path)__/g, (name) => said[name]);
    for (const { name, value } of [...(node.attributes ?? [])]) node.setAttribute(name, replaced(value));
    if (node.nodeType === Node.TEXT_NODE) node.data = replaced(node.data);
    node.childNodes.forEach((child) => put(child, said));
  }

  // To a row that the filter hides, or that is folded.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#to-"], a[href^="#row-"]');
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    if (target.closest("tr").hidden) {
      search.value = "";
      apply("all");
    }
    if (target.matches("input, select")) {
      event.preventDefault();
      if (target.closest("details")) target.closest("details").open = true;
      target.focus();
    }
  });

  apply();
  // The row with the first error has the focus; that nothing was saved must be heard all the same.
  const refused = document.querySelector(".error-summary:not([data-focus]) h2");
  if (refused) {
    window.addEventListener("load", () => {
      document.getElementById("live-alert").textContent = refused.textContent;
    });
  }
})();
