// A window in whose address the session's token stands: it does not stay there, nor in the steps back. Links and forms have
// it in their own addresses, so they work; a reload says to open the window again. Without this file the token is seen.
(() => {
  "use strict";
  const TOKEN = /^\/t\/[\w-]{43}(?=\/|$)/;
  const CLEAN = "/embedded/window";
  if (TOKEN.test(location.pathname)) history.replaceState(history.state, "", CLEAN);
  document.addEventListener("htmx:before:history:update", ({ detail }) => {
    if (TOKEN.test(detail.history.path)) Object.assign(detail.history, { type: "replace", path: CLEAN });
  });
})();
