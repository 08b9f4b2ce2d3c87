// Nothing depends on this file: it says what is going on where the reader looks, and puts away what was read.
(() => {
  "use strict";
  const root = document.documentElement;
  const announce = (words) => {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = words;
  };

  // Toasts: what went well goes after a while, unless somebody is at it or it offers something; the rest stays.
  const AWAY_AFTER = 8000;
  const putAway = (toast) => {
    const hadFocus = toast.contains(document.activeElement);
    toast.remove();
    if (hadFocus) document.getElementById("main")?.focus({ preventScroll: true });
  };
  const watch = (toast) => {
    toast.dataset.watched = "";
    if (!toast.matches(".toast--ok") || toast.querySelector("form, a")) return;
    let timer = 0;
    const stop = () => clearTimeout(timer);
    const start = () => {
      stop();
      timer = setTimeout(() => putAway(toast), AWAY_AFTER);
    };
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
    if (!toast.matches(":hover, :focus-within")) start(); // it may have come where somebody is already
  };
  const watchAll = () => document.querySelectorAll(".toast:not([data-watched])").forEach(watch);
  const CLOSE = '<svg class="icon" aria-hidden="true"><use href="#i-close"/></svg><span class="sr"></span>';
  const WARN = '<svg class="icon" aria-hidden="true"><use href="#i-warn"/></svg><p class="toast__text"></p>';
  const toast = (words, kind) => {
    const notices = document.getElementById("notices");
    if (!notices) return null;
    notices.querySelector(`[data-toast="${kind}"]`)?.remove();
    const made = document.createElement("div");
    made.className = "toast toast--bad";
    made.dataset.toast = kind;
    made.innerHTML = `${WARN}<button class="toast__close" type="button">${CLOSE}</button>`;
    made.querySelector(".toast__text").textContent = words;
    made.querySelector(".sr").textContent = document.body.dataset.close || "Close";
    notices.append(made);
    return made;
  };
  window.purser = { toast, announce };
  document.addEventListener("htmx:after:swap", watchAll);
  watchAll();
  // A live region says only what comes into it: what the page came with is said here.
  const came = [...document.querySelectorAll("#notices .toast__text")].map((each) => each.textContent).join(" ");
  if (came) setTimeout(() => announce(came), 150);

  // A button that was pressed says what happens: <button data-busy="Saving…">.
  let pressed = null;
  const begins = (button) => {
    if (!button?.dataset.busy || button.busyWas) return;
    button.busyWas = [...button.childNodes];
    button.setAttribute("aria-busy", "true");
    button.replaceChildren(button.dataset.busy);
    announce(button.dataset.busy);
  };
  const ends = (button) => {
    if (!button?.busyWas) return;
    button.replaceChildren(...button.busyWas);
    button.busyWas = null;
    button.removeAttribute("aria-busy");
  };
  document.addEventListener("htmx:before:request", (event) => {
    const context = event.detail?.ctx;
    const source = context?.sourceElement;
    if (pressed && (source === pressed || source === pressed.form)) {
      begins(pressed);
      context.busyButton = pressed;
    }
    // Whoever sends a change has read what came of the one before.
    if (source?.closest?.("form[method=post]")) document.querySelectorAll("#notices .toast").forEach(putAway);
  });
  document.addEventListener("htmx:finally:request", (event) => ends(event.detail?.ctx?.busyButton));
  window.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) begins(event.submitter);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("button[aria-busy=true]").forEach(ends);
  });

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
    announce(document.body.dataset.copied || "Copied.");
    setTimeout(() => button.classList.remove("copied"), 2000);
  };
  if (navigator.clipboard) root.dataset.copies = "on";
  root.dataset.prints = "on";

  document.addEventListener("click", (event) => {
    pressed = event.target.closest?.("button") ?? null;
    if (pressed?.matches(".toast__close")) putAway(pressed.closest(".toast"));
    if (pressed?.matches(".copy")) copy(pressed).catch(() => {});
    if (pressed?.matches("[data-print]")) window.print();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    // A figure that lies above its row's link, for its tip, opens the row too.
    const figure = event.target.closest?.(":has(> .tip):not([tabindex])");
    const link = figure?.closest("tr, li")?.querySelector(".rowlink");
    if (link && !event.target.closest("a, button, summary")) link.click();
  }, true);

  // Escape closes the innermost thing that is open: a toast, a question, the menu.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const at = document.activeElement;
    const toastAt = at?.closest?.(".toast");
    const open = at?.closest?.("details.asks[open], details.menu[open]") ?? document.querySelector("details.menu[open], details.asks[open]");
    if (toastAt) putAway(toastAt);
    else if (open) {
      open.open = false;
      open.querySelector("summary")?.focus();
    }
  });
})();
