// Nothing depends on this file: it only helps readers who do not see the page change.
(() => {
  "use strict";
  const announce = (words) => {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = words;
  };

  // After a boosted link the page is new but focus stays where it was: take it to the heading, and say it.
  document.addEventListener("htmx:after:swap", (event) => {
    const context = event.detail?.ctx;
    if (context?.request?.headers?.["HX-Boosted"] !== "true") return;
    const heading = document.querySelector("main h1");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus();
    window.scrollTo(0, 0);
    announce(heading.textContent);
  });

  const busy = (event, on) => {
    const target = event.detail?.ctx?.target;
    if (!(target instanceof Element)) return;
    if (on) target.setAttribute("aria-busy", "true");
    else target.removeAttribute("aria-busy");
  };
  document.addEventListener("htmx:before:request", (event) => busy(event, true));
  document.addEventListener("htmx:finally:request", (event) => busy(event, false));

  // A choice that is made again, as by a form that sends itself and has a button too, is no new step back.
  document.addEventListener("htmx:before:history:update", (event) => {
    const history = event.detail?.history;
    if (history?.type !== "push") return;
    if (new URL(history.path, location.href).href === location.href) history.type = "replace";
  });

  // htmx writes the style of what it replaces onto what comes, which the content policy forbids and the console complains
  // of. Our pages have none: it is a size that a reader dragged, or a browser's extension that left one.
  document.addEventListener("htmx:before:swap", (event) => {
    for (const { target } of event.detail?.tasks ?? []) {
      const replaced = typeof target === "string" ? document.querySelector(target) : target;
      for (const each of replaced?.querySelectorAll?.("[id][style]") ?? []) each.removeAttribute("style");
    }
  });

  // What was typed into other forms of a part that is replaced stays: whoever typed it has not sent it yet.
  const isDate = (field) => field.type === "date";
  const isTick = (field) => field.type === "checkbox" || field.type === "radio";
  const first = (list) => Math.max(0, [...list.options].findIndex((option) => option.defaultSelected));
  const isKept = (field) => field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type);
  const stateOf = (field) => (isTick(field) ? field.checked : field.value);
  const isChanged = (field) => {
    if (!isKept(field)) return false;
    if (isTick(field)) return field.checked !== field.defaultChecked;
    if (field instanceof HTMLSelectElement) return field.selectedIndex !== first(field);
    return field.value !== field.defaultValue;
  };
  const nameOf = (form) => form.id || form.getAttribute("action");
  const formOf = (event) => event.detail?.ctx?.sourceElement?.closest?.("form");
  const sentAs = new WeakMap();
  document.addEventListener("htmx:before:request", (event) => {
    const form = formOf(event);
    if (form) sentAs.set(form, new Map([...form.elements].map((field) => [field, stateOf(field)])));
  });
  // Of the form that was sent it is what was changed while the answer was on its way.
  const isChangedSince = (field, sent) => isKept(field) && sent?.has(field) && sent.get(field) !== stateOf(field);
  let typed = [];
  document.addEventListener("htmx:before:swap", (event) => {
    const target = event.detail?.ctx?.target;
    typed = [];
    if (!(target instanceof Element) || target === document.body) return;
    const sent = formOf(event);
    const forms = [...target.querySelectorAll("form")];
    if (target === sent) forms.push(sent);
    for (const form of forms) {
      for (const field of form.elements) {
        const stays = form === sent ? isChangedSince(field, sentAs.get(form)) : isChanged(field);
        if (stays) typed.push({ form: nameOf(form), name: field.name, value: field.value, checked: field.checked });
      }
    }
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const kept of typed.splice(0)) {
      for (const form of document.forms) {
        if (nameOf(form) !== kept.form) continue;
        for (const field of form.elements) {
          if (field.name !== kept.name) continue;
          if (isTick(field)) field.checked = field.value === kept.value ? kept.checked : field.checked;
          else if (!field.options || [...field.options].some((each) => each.value === kept.value)) field.value = kept.value;
          const around = field.closest("details");
          if (around && isChanged(field)) around.open = true;  // nothing that was typed is out of sight
        }
      }
    }
  });

  // A second press at the same place, quicker than anybody reads what came there meanwhile, presses no other button.
  let press = null;
  const plain = (path) => path?.replace(/^\/t\/[\w-]{43}(?=\/|$)/, "");  // another session's address is the same place
  for (const swap of ["htmx:before:swap", "htmx:after:swap"]) {  // what is there already may be pressed before it is said
    document.addEventListener(swap, () => {
      if (press) press.swapped = performance.now();
    });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("form[method=post] button");
    const action = button && plain(button.getAttribute("formaction") ?? button.form?.getAttribute("action"));
    const isNear = press && Math.hypot(event.clientX - press.x, event.clientY - press.y) < 8;
    if (button && isNear && press.swapped && performance.now() - press.swapped < 1000 && press.action !== action) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    press = button && event.detail ? { x: event.clientX, y: event.clientY, action, swapped: 0 } : null;
  }, true);

  // A choice whose answer did not come goes back to what the page shows.
  const putBack = (form) => {
    for (const field of form?.elements ?? []) {
      if (isTick(field)) field.checked = field.defaultChecked;
      else if (field instanceof HTMLSelectElement) field.selectedIndex = first(field);
      else if (isDate(field)) field.value = field.defaultValue;
    }
  };
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[method=get]").forEach(putBack);
  });

  const unavailable = () => {
    const words = document.getElementById("announcer")?.dataset.unavailable;
    if (words) window.purser?.toast(words, "unavailable");
  };
  const failed = (event) => {
    unavailable();
    putBack(event.detail?.ctx?.sourceElement?.closest?.("form[method=get]"));
  };
  document.addEventListener("htmx:after:swap", (event) => {
    // It also comes after an answer that swapped nothing, such as a 500.
    if (event.detail?.ctx?.response?.status < 400) document.querySelector("[data-toast=unavailable]")?.remove();
  });
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail?.ctx?.response?.status >= 500) failed(event);
  });
  document.addEventListener("htmx:error", failed);
})();
