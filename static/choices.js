// A searchable choice of a kintone field, after the combobox pattern of the ARIA Authoring Practices
// (editable, list autocomplete, manual selection). It stands before a <select>, which stays in the
// form as what is sent; without script the <select> is there alone.
//
// The fields come once per page, from the JSON that mapping/choice_list.py describes.
"use strict";

(() => {
  const source = document.getElementById("fields-of-the-app");
  if (!source) return;
  const { fields, fits, notes, taken, words } = JSON.parse(source.textContent);
  const [PATH, NAME, TYPE, TABLE, KEY, READING] = [0, 1, 2, 3, 4, 5];
  const GAP = 4; // pixels between input and list
  const KATAKANA = /[\u30a1-\u30f6]/g;

  // Width, case, kana and blanks make no difference.
  function folded(text) {
    const plain = text.normalize("NFKC").toLowerCase().replace(/\s/g, "");
    return plain.replace(KATAKANA, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));
  }

  function wordsOf(text) {
    return text.split(/\s+/).map(folded).filter(Boolean);
  }

  function filled(text, value) {
    return text.replace("%s", () => value);
  }

  function say(text) {
    const place = document.getElementById("live-status");
    if (place) place.textContent = text;
  }

  const found = fields.map((field) => folded([field[PATH], field[NAME], field[TYPE], field[TABLE], field[READING]].join("|")));
  const numbers = new Map(fields.map((field, number) => [field[PATH], number]));

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const combos = [];

  class Combo {
    constructor(select) {
      this.select = select;
      this.row = select.closest("tr");
      this.fits = fits[this.row.dataset.kind] ?? [];
      this.list = null;
      this.active = null;
      const id = select.id;
      this.input = element("input", {
        type: "text", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
        "aria-controls": `${id}-list`, autocomplete: "off", autocapitalize: "none", spellcheck: "false",
      });
      for (const name of ["aria-label", "aria-describedby", "aria-invalid", "data-focus"]) {
        if (select.hasAttribute(name)) this.input.setAttribute(name, select.getAttribute(name));
      }
      this.input.id = id; // links and error messages lead to what a person sees
      select.removeAttribute("id");
      select.removeAttribute("data-focus");
      select.hidden = true;
      this.box = element("div", { class: "combo" }, this.input);
      select.before(this.box);
      this.listId = `${id}-list`;
      this.show();
      this.input.addEventListener("input", () => this.typed());
      this.input.addEventListener("keydown", (event) => this.pressed(event));
      this.input.addEventListener("click", () => {
        if (this.isOpen) return;
        this.open({ all: true });
        this.input.select();
      });
      this.input.addEventListener("focus", () => this.input.select());
      this.input.addEventListener("blur", () => this.left());
      select.addEventListener("change", () => this.show());
    }

    // The field that is chosen, in the input.
    show() {
      const option = this.select.selectedOptions[0];
      const number = numbers.get(this.select.value);
      const name = number === undefined ? (option?.textContent ?? "") : whole(fields[number]);
      this.input.value = this.select.value ? name : words.none;
      this.box.classList.toggle("is-empty", !this.select.value);
    }

    get isOpen() {
      return this.list !== null;
    }

    open({ all = false } = {}) {
      if (this.isOpen) return;
      for (const other of combos) other.close();
      this.list = element("ul", { id: this.listId, role: "listbox", class: "combo-list", "aria-label": this.input.getAttribute("aria-label") });
      for (const pressing of ["pointerdown", "mousedown"]) {
        this.list.addEventListener(pressing, (event) => event.preventDefault()); // the input keeps the focus
      }
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.choose(option);
      });
      this.box.append(this.list);
      this.fill(all ? "" : this.input.value);
      this.input.setAttribute("aria-expanded", "true");
      this.place();
    }

    close() {
      if (!this.isOpen) return;
      this.list.remove();
      this.list = null;
      this.activate(null);
      this.input.setAttribute("aria-expanded", "false");
    }

    // The list under the input, or above it where there is more room; never cut off by a table.
    place() {
      if (!this.isOpen) return;
      const box = this.input.getBoundingClientRect();
      const bottom = window.visualViewport?.height ?? window.innerHeight;
      const below = bottom - box.bottom - 2 * GAP;
      const above = box.top - 2 * GAP;
      const isBelow = below >= Math.min(240, above);
      const width = Math.min(Math.max(box.width, 320), document.documentElement.clientWidth - 2 * GAP);
      Object.assign(this.list.style, {
        inlineSize: `${width}px`,
        maxBlockSize: `${Math.min(360, Math.max(isBelow ? below : above, 120))}px`,
        insetInlineStart: `${Math.max(GAP, Math.min(box.left, document.documentElement.clientWidth - width - GAP))}px`,
        insetBlockStart: isBelow ? `${box.bottom + GAP}px` : "auto",
        insetBlockEnd: isBelow ? "auto" : `${document.documentElement.clientHeight - box.top + GAP}px`,
      });
    }

    // As the kintone form has them: fields, then each table; at the end those that are no choice.
    fill(text) {
      const asked = wordsOf(text);
      const taker = takers();
      this.list.replaceChildren(...(asked.length ? [] : [this.option({ path: "", name: words.none })]));
      const groups = new Map();
      const unfit = [];
      let choosable = 0;
      fields.forEach((field, number) => {
        if (!asked.every((word) => found[number].includes(word))) return;
        const [possible, note] = notes[this.fits[number]] ?? [0, ""];
        const by = taker.get(field[PATH]);
        const isOther = by !== undefined && field[PATH] !== this.select.value;
        const said = [isOther ? filled(words.taken, by) : "", note].filter(Boolean).join("　");
        const option = this.option({ path: field[PATH], name: possible ? field[NAME] : whole(field), type: field[TYPE], said, possible });
        if (!possible) unfit.push(option);
        else {
          choosable += 1;
          if (!groups.has(field[TABLE])) groups.set(field[TABLE], []);
          groups.get(field[TABLE]).push(option);
        }
      });
      for (const [table, options] of groups) {
        if (table) this.group(filled(words.table, table), options);
        else this.list.append(...options);
      }
      if (unfit.length) this.group(words.unfit, unfit);
      if (asked.length && !choosable && !unfit.length) {
        this.list.append(element("li", { role: "option", "aria-disabled": "true", class: "muted" }, words.nothing));
      }
      this.choosable = choosable;
      this.activate(null);
      const chosen = [...this.options].find((one) => one.getAttribute("aria-selected") === "true");
      if (!asked.length && chosen) chosen.scrollIntoView({ block: "nearest" });
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => {
        if (this.isOpen) say(choosable || unfit.length ? filled(words.found, choosable) : words.nothing);
      }, 400);
    }

    get options() {
      return this.list?.querySelectorAll("[role=option]") ?? [];
    }

    option({ path, name, type = "", said = "", possible = 1 }) {
      const made = element("li", { role: "option", "aria-selected": String(path === this.select.value) }, element("span", { class: "combo-name" }, name));
      made.dataset.path = path;
      if (type) made.append(" ", element("span", { class: "muted nowrap" }, type));
      if (said) made.append(" ", element("span", { class: "combo-said" }, said));
      if (!possible) {
        made.setAttribute("aria-disabled", "true");
        made.dataset.why = said;
      }
      return made;
    }

    group(label, options) {
      const heading = element("span", { class: "combo-group", "aria-hidden": "true" }, label);
      const inner = element("ul", { role: "group", "aria-label": label }, ...options);
      this.list.append(element("li", { role: "presentation" }, heading, inner));
    }

    activate(option) {
      this.active?.removeAttribute("id");
      this.active?.classList.remove("is-active");
      this.active = option;
      if (!option) return this.input.removeAttribute("aria-activedescendant");
      option.id = `${this.listId}-active`;
      option.classList.add("is-active");
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    move(step) {
      const options = [...this.options];
      const now = options.indexOf(this.active);
      const next = now === -1 ? (step > 0 ? 0 : options.length - 1) : (now + step + options.length) % options.length;
      this.activate(options[next]);
    }

    typed() {
      if (this.isOpen) this.fill(this.input.value);
      else this.open();
      this.place();
    }

    pressed(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      const keys = {
        ArrowDown: () => this.arrow(event, 1),
        ArrowUp: () => this.arrow(event, -1),
        Enter: () => this.entered(event),
        Escape: () => this.escaped(event),
        Tab: () => this.active && this.choose(this.active),
        // Back to the text: the browser moves the caret.
        Home: () => this.activate(null),
        End: () => this.activate(null),
        ArrowLeft: () => this.activate(null),
        ArrowRight: () => this.activate(null),
      };
      keys[event.key]?.();
    }

    arrow(event, step) {
      event.preventDefault();
      if (event.altKey) return step > 0 ? this.open({ all: true }) : this.close();
      const wasOpen = this.isOpen;
      this.open({ all: true });
      const chosen = [...this.options].find((one) => one.getAttribute("aria-selected") === "true");
      if (!wasOpen && chosen && step > 0) this.activate(chosen);
      else this.move(step);
    }

    entered(event) {
      if (!this.isOpen) return; // sends the form, as in any field
      event.preventDefault();
      const fitting = [...this.options].filter((one) => one.dataset.path && !one.hasAttribute("aria-disabled"));
      if (this.active) this.choose(this.active);
      else if (!this.input.value.trim()) this.choose(this.options[0]);
      else if (fitting.length === 1) this.choose(fitting[0]);
    }

    escaped(event) {
      if (!this.isOpen) return;
      event.preventDefault();
      this.close();
      this.show();
      this.input.select();
    }

    // Leaving with an emptied input clears the choice; what was typed and not chosen is forgotten.
    left() {
      this.close();
      if (!this.input.value.trim() && this.select.value) this.set("");
      else this.show();
    }

    choose(option) {
      if (option.hasAttribute("aria-disabled")) {
        if (option.dataset.why) say(filled(words.cannot, option.dataset.why));
        return;
      }
      this.close();
      this.set(option.dataset.path);
      this.input.select();
    }

    set(path) {
      if (path && ![...this.select.options].some((one) => one.value === path)) {
        const field = fields[numbers.get(path)];
        const option = element("option", { value: path }, whole(field));
        if (field[KEY]) option.setAttribute("data-key", "");
        this.select.append(option);
      }
      this.select.value = path;
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
      say(path ? filled(words.chosen, this.input.value) : words.cleared);
    }
  }

  function whole(field) {
    return field[TABLE] ? `${field[TABLE]}：${field[NAME]}` : field[NAME];
  }

  // What fills each field, by what stands on the page now.
  function takers() {
    const here = new Map(Object.entries(taken));
    for (const { before } of combos) here.delete(before);
    for (const { select, row } of combos) {
      if (select.value) here.set(select.value, row.querySelector("th .strong").textContent);
    }
    return here;
  }

  for (const button of document.querySelectorAll(".without-script")) button.remove();
  for (const select of document.querySelectorAll('#rows select[name^="to:"]')) {
    const combo = new Combo(select);
    combo.before = select.value;
    combos.push(combo);
  }

  const replace = () => combos.forEach((combo) => combo.place());
  document.addEventListener("scroll", (event) => event.target.classList?.contains("combo-list") || replace(), { capture: true, passive: true });
  window.addEventListener("resize", replace);
  window.visualViewport?.addEventListener("resize", replace);
  window.addEventListener("pageshow", () => combos.forEach((combo) => combo.show()));
})();
