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

  const unavailable = () => {
    const words = document.getElementById("announcer")?.dataset.unavailable;
    const notices = document.getElementById("notices");
    if (!words || !notices) return;
    const notice = document.createElement("p");
    notice.className = "notice notice--bad";
    notice.textContent = words;
    notices.replaceChildren(notice);
  };
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail?.ctx?.response?.status >= 500) unavailable();
  });
  document.addEventListener("htmx:error", unavailable);
})();
