// What moves on hpsync's pages beside htmx. Every page works without it.
"use strict";

(() => {
  const COMPOSING_KEY_CODE = 229; // Safari reports Enter that ends a composition like this.

  function say(text, { region = "live-status" } = {}) {
    const place = document.getElementById(region);
    if (place) place.textContent = text;
  }

  // Errors take the focus, so that a keyboard or a screen reader starts there; what is new takes it
  // where the pressed control is gone.
  function focusWhatAsksForIt(root) {
    const lost = document.activeElement === document.body;
    const wanted = root.querySelector(lost ? "[data-focus], [data-focus-if-lost]" : "[data-focus]");
    if (wanted) wanted.focus();
  }

  // A region that swapped says so, once: <… data-say="23件見つかりました">.
  const said = new Map();

  function announce(root) {
    const spoken = root.matches?.("[data-say]") ? root : root.querySelector?.("[data-say]");
    const polled = spoken?.id && root.matches("[data-polled], #report, #runs, #source-state");
    if (!spoken || (polled && said.get(spoken.id) === spoken.dataset.say)) return;
    if (spoken.id) said.set(spoken.id, spoken.dataset.say);
    say(spoken.dataset.say);
  }

  // A pressed button keeps its focus and says that it works (never `disabled`: focus would be lost).
  function markBusy(form, button) {
    const pressed = button ?? form.querySelector("button:not([type=button])");
    if (!pressed || pressed.getAttribute("aria-disabled") === "true") return;
    pressed.setAttribute("aria-disabled", "true");
    const busy = pressed.dataset.busy;
    if (busy) {
      pressed.dataset.label = pressed.textContent;
      pressed.textContent = busy;
      say(busy);
    }
  }

  function unmarkBusy(root) {
    for (const pressed of root.querySelectorAll('button[aria-disabled="true"]')) {
      pressed.removeAttribute("aria-disabled");
      if (pressed.dataset.label !== undefined) pressed.textContent = pressed.dataset.label;
    }
  }

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    // After htmx and the browser have read the form: the pressed button's value must still be in it.
    setTimeout(() => markBusy(event.target, button));
  }, true);

  // Enter that ends a Japanese composition neither submits nor chooses.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === COMPOSING_KEY_CODE)) {
      event.stopPropagation();
      if (event.target.matches?.("input")) event.preventDefault();
    }
  }, true);

  // Follow a link of the error summary to its field, also when it is inside a closed <details>.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target) return;
    const closed = target.closest("details:not([open])");
    if (closed) closed.open = true;
    if (link.closest(".error-summary")) {
      event.preventDefault();
      target.focus();
    }
  });

  // 停止 beside a polled region.
  document.addEventListener("click", (event) => {
    const stop = event.target.closest?.("[data-stop-polling]");
    const region = stop && document.getElementById(stop.dataset.stopPolling);
    if (!region) return;
    region.dataset.stopped = "true";
    window.htmx?.trigger(region, "htmx:abort"); // an answer under way would begin it anew
    stop.closest("[data-while-polling]").hidden = true;
    const stopped = document.querySelector(`[data-when-stopped="${region.id}"]`);
    stopped.hidden = false;
    stopped.querySelector("a").focus();
    say(stopped.querySelector("span").textContent);
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const region = event.target;
    if (!region.matches?.("[data-polled]")) return;
    if (region.dataset.stopped === "true" || document.hidden) event.preventDefault();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    unmarkBusy(document);
    focusWhatAsksForIt(event.target);
    announce(event.target);
  });

  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failed, () => {
      unmarkBusy(document);
      say(document.body.dataset.lost, { region: "live-alert" });
      const notice = document.getElementById("lost");
      if (notice) notice.hidden = false;
    });
  }

  // 更新キー is offered only beside a field that forbids duplicates; what is chosen stays in sight.
  function offerUpdateKey(select) {
    const radio = select.closest("tr")?.querySelector('input[name="key"]');
    const fits = select.selectedOptions[0]?.hasAttribute("data-key");
    if (radio) radio.closest("label").hidden = !fits && !radio.checked;
  }

  document.addEventListener("change", (event) => {
    if (!event.target.closest?.("#mapping-form")) return;
    for (const select of document.querySelectorAll('select[name^="to:"]')) offerUpdateKey(select);
  });

  // Printing takes a script: without one its button is not there.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-print]")) window.print();
  });

  // Leaving a form with changes that are not saved is asked about: <form data-unsaved>; "already" says
  // that what came with the page is not saved either. A swap of the page keeps what it began with.
  const begunWith = new Map();
  let isSent = false;

  function contentOf(form) {
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    return JSON.stringify(fields.map(([name, value]) => [name, String(value)]));
  }

  function rememberContents() {
    for (const form of document.querySelectorAll("form[data-unsaved]")) {
      if (begunWith.has(form.id)) continue;
      begunWith.set(form.id, form.dataset.unsaved === "already" ? null : contentOf(form));
    }
  }

  function isUnsaved(form) {
    return begunWith.has(form.id) && begunWith.get(form.id) !== contentOf(form);
  }

  document.addEventListener("submit", (event) => {
    // Where htmx sends the form, the page stays. Whoever hinders the sending comes before.
    isSent = !event.submitter?.hasAttribute("hx-post") && event.target.matches("form[data-unsaved]");
  });

  window.addEventListener("beforeunload", (event) => {
    const forms = [...document.querySelectorAll("form[data-unsaved]")];
    if (!isSent && forms.some(isUnsaved)) event.preventDefault();
  });

  // コピー takes a script, too, and a page that came over https or from this machine.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.textContent);
      say(button.dataset.copied);
    } catch {
      window.getSelection().selectAllChildren(source); // refused: Ctrl-C is left
    }
  });

  // Back from a form that was sent: its button is as it was.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    unmarkBusy(document);
    isSent = false;
  });

  document.addEventListener("DOMContentLoaded", () => {
    focusWhatAsksForIt(document);
    // Later: the browser may still fill in what was typed before a reload.
    setTimeout(rememberContents);
    for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const select of document.querySelectorAll('select[name^="to:"]')) offerUpdateKey(select);
    for (const spoken of document.querySelectorAll("[data-say][id]")) {
      said.set(spoken.id, spoken.dataset.say);
    }
  });
})();
