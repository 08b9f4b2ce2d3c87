// Tips of figures and moments (figures.css): a tap shows one, and Escape closes what hover or focus has opened.
(() => {
  "use strict";
  const root = document.documentElement;
  const restore = () => root.removeAttribute("data-tips");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") root.dataset.tips = "off";
  });
  document.addEventListener("focusin", restore);
  document.addEventListener("pointerover", restore);
  document.addEventListener("click", (event) => {
    const figure = event.target.closest?.(".amount, time");
    if (!figure || event.target.closest("a, button, summary, label")) return;
    if (figure.tabIndex >= 0) figure.focus(); // Safari gives a tap no focus by itself
    else figure.closest("tr, li, .row")?.querySelector(".rowlink")?.click(); // it lies above the row's link
  });
})();
