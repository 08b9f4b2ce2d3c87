// The balance badge follows the usage while a page is open and seen: a small question every few seconds, which brings
// the balance shown along and mostly gets 204. It never keeps a session alive; one that has ended is said.
(() => {
  "use strict";
  const EVERY = 4000;
  const SLOWEST = 60000;
  let wait = EVERY;
  let timer = 0;
  let isAsking = false;
  let wasRefused = false;

  const put = (html) => {
    const badge = document.getElementById("balance-badge");
    if (!badge) return;
    // What moves every few seconds is not read out each time.
    badge.setAttribute("aria-live", "off");
    badge.innerHTML = html;
    const figure = badge.querySelector("[data-shown]");
    const menu = document.getElementById("menu-balance");
    if (menu && figure) {
      menu.innerHTML = figure.innerHTML;
      menu.querySelectorAll("[tabindex]").forEach((each) => each.removeAttribute("tabindex"));
    }
    setTimeout(() => badge.setAttribute("aria-live", "polite"), 500);
  };

  const ended = (badge, where) => {
    const toast = window.purser?.toast("", "ended");
    const words = toast?.querySelector(".toast__text");
    if (!words) return;
    const [said, ask] = badge.dataset.ended.split(/(?<=\.) /);
    const link = document.createElement("a");
    link.href = where;
    link.textContent = ask;
    words.append(`${said} `, link);
  };

  const ask = async () => {
    const badge = document.getElementById("balance-badge");
    const shown = badge?.querySelector("[data-shown]")?.dataset.shown;
    if (shown === undefined || isAsking) return;
    isAsking = true;
    try {
      const answer = await fetch(`${badge.dataset.source}?shown=${encodeURIComponent(shown)}`, {
        headers: { "HX-Request": "true", "HX-Current-URL": location.href, "X-By-Itself": "1", "X-Customer": badge.dataset.customer },
        cache: "no-store",
        signal: AbortSignal.timeout(10000),
      });
      const now = badge.querySelector("[data-shown]")?.dataset.shown;
      if (answer.status === 401 && !wasRefused) {
        wasRefused = true; // another request may just have changed the session's cookie: asked once more before it is said
        wait = EVERY / 2;
      } else if (answer.headers.get("Purser-Session")) {
        document.dispatchEvent(new Event("purser:ended")); // in a frame the host is asked for another session
        wait = Infinity;
      } else if (answer.status === 401) {
        ended(badge, answer.headers.get("HX-Redirect") ?? "/sign-in");
        wait = Infinity;
      } else if (answer.ok) {
        wait = EVERY;
        wasRefused = false;
        const html = answer.status === 200 ? await answer.text() : "";
        if (html && now === shown) put(html); // else a form's answer brought a newer balance meanwhile
      } else wait = Math.min(wait * 2, SLOWEST);
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
    } finally {
      isAsking = false;
    }
  };

  const next = () => {
    clearTimeout(timer);
    if (document.hidden || wait === Infinity) return;
    timer = setTimeout(async () => {
      await ask();
      next();
    }, wait);
  };
  document.addEventListener("visibilitychange", async () => {
    clearTimeout(timer);
    if (document.hidden || wait === Infinity) return;
    await ask();
    next();
  });
  document.addEventListener("purser:renewed", () => {
    wait = EVERY;
    wasRefused = false;
    next();
  });
  next();
})();
