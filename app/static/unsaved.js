// Nothing depends on this file: it says beside the button that what is typed is not what is saved.
(() => {
  "use strict";
  const parts = new Intl.NumberFormat(document.documentElement.lang || "en").formatToParts(1234567.8);
  const marks = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const group = /\s/.test(marks.group) ? /\s/g : marks.group; // a keyboard has another space than a page writes
  const isNumber = (text) => /^\d+(\.\d*)?$/.test(text);
  const written = (text) => {
    const plain = text.trim().replaceAll(group, "").replace(marks.decimal, ".");
    return isNumber(plain) ? String(Number(plain)) : text.trim();
  };
  const now = (field) => (field.type === "checkbox" ? (field.checked ? field.value : "") : written(field.value));
  const look = (form) => {
    const place = document.getElementById(form?.dataset?.unsaved);
    if (!place) return;
    const isChanged = [...form.querySelectorAll("[data-saved]")].some((field) => now(field) !== written(field.dataset.saved));
    const words = isChanged ? document.body.dataset.unsaved || "Not saved yet" : "";
    if (place.textContent !== words) place.textContent = words;
    form.dataset.looked = "";
  };
  const lookAll = () => document.querySelectorAll("form[data-unsaved]").forEach(look);
  for (const name of ["input", "change"]) document.addEventListener(name, (event) => look(event.target.form));
  document.addEventListener("reset", (event) => setTimeout(() => look(event.target)));
  document.addEventListener("htmx:after:swap", lookAll);
  window.addEventListener("pageshow", lookAll);
})();
