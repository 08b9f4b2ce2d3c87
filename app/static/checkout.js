// Nothing depends on this file: it fills in a suggested amount at once, and takes away what is wrong no more.
(() => {
  "use strict";
  // Without this file the first press asks to check: what is chosen may be another than the button says. With it the
  // button follows each choice.
  const follow = () => {
    for (const button of document.querySelectorAll("button[data-seen]")) {
      button.value = button.dataset.seen;
      delete button.dataset.seen;
    }
  };
  document.addEventListener("htmx:after:swap", follow);
  follow();

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("button[name=suggested]");
    const field = chip?.form?.elements.namedItem("amount");
    if (!field) return;
    event.preventDefault();
    field.value = chip.value;
    const other = chip.form.querySelector("input[name=pack][value='']");
    if (other) other.checked = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.name === "amount") {
      for (const chip of field.form?.querySelectorAll("button[name=suggested]") ?? []) {
        chip.setAttribute("aria-pressed", String(chip.value === field.value));
      }
    }
    // What an error names was changed: whether it is right now, the total or the next answer says.
    const wrong = field.closest?.(".field--wrong");
    if (!wrong) return;
    wrong.classList.remove("field--wrong");
    wrong.querySelectorAll(".field-error").forEach((each) => each.remove());
    wrong.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  });
})();
