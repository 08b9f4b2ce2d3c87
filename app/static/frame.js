// The portal's side of a frame on a host's page. It answers the page around it and nobody else: one whose origin the
// seller has added, and which has said hello. Without this file the portal works in a frame of a fixed height.
(() => {
  "use strict";
  if (window.parent === window) return;
  const root = document.documentElement;
  const origins = document.currentScript.dataset.origins.split(" ").filter(Boolean);
  const LOST = document.body.dataset.lost || "This page could not be renewed. What you typed is still here: try again in a moment, or reload without it.";
  const PARTLY = document.body.dataset.partly || "Not everything that you typed could be kept: look at the form again.";
  const AGAIN = document.body.dataset.again || "This page was renewed as you pressed. Look at it, and press again.";
  const LASTS = 29 * 60 * 1000;
  const TOKEN = /^\/t\/[\w-]{43}(?=\/|$)/;
  const before = () => location.pathname.match(TOKEN)?.[0] ?? "";
  const plain = (path) => path.replace(TOKEN, "");
  const view = () => (location.pathname.startsWith("/embedded/") ? "" : plain(location.pathname) + location.search);

  let host = "";
  const say = (type, more) => {
    if (host) window.parent.postMessage({ purser: 1, type, ...more }, host);
  };
  const height = () => say("height", { height: Math.ceil(root.getBoundingClientRect().height) });
  let shown = "";
  const page = () => {
    if (shown !== view()) say("page", { view: view(), title: document.title });
    shown = view();
    height();
  };

  // A session that is over, or soon will be: the host is asked for another one, once for each. Where it made none, the
  // next press asks it again.
  let isAsked = false;
  let isWaiting = false; // for a host that has not said hello yet
  let seen = Date.now();
  const over = () => {
    if (!isAsked) say("expired", { view: view() });
    isAsked = Boolean(host);
    isWaiting = !host;
  };
  const failed = () => {
    if (!isAsked) return;
    isAsked = false;
    seen = 0;
    waiting = [];
  };
  for (const name of ["pointerdown", "keydown"]) {
    document.addEventListener(name, () => Date.now() - seen > LASTS && over(), { capture: true, passive: true });
  }
  const underway = new Set(); // requests of htmx that are not answered yet
  let isRenewing = false; // the session is another one, and the page is still that of the one before
  let waiting = []; // what was pressed meanwhile, and what the session was over for: none of it was done
  let isAgain = false; // it is pressed now
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (!isRenewing) return underway.add(ctx);
    event.preventDefault();
    hold(ctx);
  });
  document.addEventListener("htmx:finally:request", ({ detail }) => {
    underway.delete(detail.ctx);
    const answer = detail.ctx.response;
    if (answer?.headers.has("Purser-Session")) {
      hold(detail.ctx);
      over(); // a question for the password is a 401, too, and no end
    } else if (answer?.status < 500) {
      seen = Date.now();
      isAsked = false; // the session was still good, and is again for half an hour
    }
  });
  const answered = async () => {
    while (underway.size) await new Promise((done) => document.addEventListener("htmx:finally:request", done, { once: true }));
  };
  // A press that has begun is let end: what it presses would be gone.
  let isDown = false;
  document.addEventListener("pointerdown", () => (isDown = true), { capture: true, passive: true });
  const up = () => {
    isDown = false;
    document.dispatchEvent(new Event("purser:released"));
  };
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => setTimeout(up), { capture: true, passive: true }); // once its click has come
  }
  const released = async () => {
    if (isDown) {
      await new Promise((done) => {
        document.addEventListener("purser:released", done, { once: true });
        setTimeout(done, 2000);
      });
    }
    await answered();
  };
  // Such a press is made in the page that comes: where its form is what it was, and else the member is asked to look first.
  const asks = (form) => JSON.stringify([...form.elements].filter((each) => each.type === "hidden" && !["csrf_token", "form_key"].includes(each.name)).map((each) => [each.name, each.value]));
  const pressed = ({ sourceElement, request: { form, submitter } }) => {
    if (sourceElement.matches("a[href]")) return { link: plain(sourceElement.getAttribute("href")) };
    return submitter ? { form: nameOf(form), by: [submitter.id, submitter.name, submitter.value].join(), asked: asks(form) } : null;
  };
  const hold = (ctx) => {
    const found = isAgain ? null : pressed(ctx);
    if (found && !waiting.some((each) => JSON.stringify(each) === JSON.stringify(found))) waiting.push(found);
  };
  const press = ({ link, form, by, asked }) => {
    if (link) return [...document.links].find((each) => plain(each.getAttribute("href")) === link)?.click();
    const found = [...document.forms].find((each) => nameOf(each) === form && asks(each) === asked);
    const submitter = [...(found?.elements ?? [])].find((each) => [each.id, each.name, each.value].join() === by);
    if (submitter) found.requestSubmit(submitter);
    else window.purser?.toast(AGAIN, "renewal");
  };
  const pressAll = async (presses) => {
    isAgain = true; // once: a session that is not taken is no reason to ask for ever
    for (const each of presses) {
      press(each);
      await new Promise((done) => setTimeout(done)); // htmx asks a moment later
      await answered();
    }
    isAgain = false;
  };
  // What asks by itself (static/badge.js) keeps no session alive: the host is asked when somebody is there.
  document.addEventListener("purser:ended", () => (seen = 0));

  // What was typed and not sent stays when the page comes again.
  // It is what differs from what the page brought. The answer to a form that was sent brings what was typed, as if it
  // were saved: only a header says that it is.
  const isTick = (field) => field.type === "checkbox" || field.type === "radio";
  const isKept = (field) => field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type);
  const chosen = (options) => options.map((each) => each.value).join("\n");
  const held = (field) => {
    if (field.options) return chosen([...field.selectedOptions]);
    return isTick(field) ? field.checked : field.value;
  };
  const drawn = (field) => {
    if (!field.options) return isTick(field) ? field.defaultChecked : field.defaultValue;
    const marked = [...field.options].filter((each) => each.defaultSelected);
    return chosen(marked.length || field.multiple ? marked : [...field.options].slice(0, 1));
  };
  const nameOf = (form) => form.id || plain(form.getAttribute("action") ?? "");
  const fields = () => [...document.forms].flatMap((form) => [...form.elements]).filter(isKept);
  const keyOf = (field) => JSON.stringify([nameOf(field.form), field.name, isTick(field) ? field.value : ""]);
  const brought = new Map();
  const known = new WeakMap(); // as each field was last drawn
  const note = (sent = "", isSaved = false) => {
    for (const field of fields()) {
      const [key, now] = [keyOf(field), drawn(field)];
      const isNew = known.get(field) !== now;
      known.set(field, now);
      if (!brought.has(key) || (nameOf(field.form) === sent ? isSaved : isNew)) brought.set(key, now);
    }
  };
  const isChanged = (field) => held(field) !== (brought.get(keyOf(field)) ?? drawn(field));
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    const form = ctx.request.form ?? ctx.sourceElement.closest("form");
    note(form ? nameOf(form) : "", ctx.response?.headers.has("Purser-Saved"));
  });
  note();
  const typed = () =>
    fields()
      .filter(isChanged)
      .map(({ form, name, value, checked }) => ({ form: nameOf(form), name, value, checked }));
  const placesOf = (each) =>
    [...document.forms]
      .filter((form) => nameOf(form) === each.form)
      .flatMap((form) => [...form.elements])
      .filter((field) => field.name === each.name && (!isTick(field) || field.value === each.value));
  const hasForms = (there, kept) => kept.every((each) => [...there.forms].some((form) => nameOf(form) === each.form));
  const put = (kept) => {
    for (const each of kept) {
      for (const field of placesOf(each)) {
        if (isTick(field)) field.checked = each.checked;
        else field.value = each.value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  };
  // A choice may bring the fields of the rest: those of a country's addresses.
  const lacksPlace = (each) => !placesOf(each).length;
  const putAll = async (kept) => {
    put(kept);
    const differs = kept.some((each) => placesOf(each).some((field) => field.options && held(field) !== drawn(field)));
    let rest = kept.filter(lacksPlace);
    for (let round = 0; rest.length || (differs && !round); round += 1) {
      if (round === 3) {
        window.purser?.toast(PARTLY, "renewal");
        return false;
      }
      const choices = kept.flatMap((each) => placesOf(each)).filter((field) => field.options || (rest.length && isTick(field)));
      choices.forEach((field) => field.dispatchEvent(new Event("change", { bubbles: true })));
      await new Promise((done) => {
        document.addEventListener("htmx:finally:request", done, { once: true });
        setTimeout(done, 5000);
      });
      put(rest);
      rest = rest.filter(lacksPlace);
    }
    return true;
  };

  // What was open and where the reader was, too: the press that found the session too old may have been into a field.
  const isOpen = () => [...document.querySelectorAll("details")].map((each) => each.open);
  const open = (kept) => {
    const found = [...document.querySelectorAll("details")];
    if (found.length === kept.length) found.forEach((each, place) => (each.open = kept[place]));
  };
  const focus = (at) => {
    const field = at.id && document.getElementById(at.id);
    if (!field) return;
    field.focus({ preventScroll: true });
    if (at.from !== null) field.setSelectionRange?.(at.from, at.to);
  };
  const focused = () => {
    const { id, selectionStart: from = null, selectionEnd: to = null } = document.activeElement;
    return { id, from, to };
  };

  // Another session in place of the one that is over: the same page comes again under it, with what was typed.
  const read = async (address) => {
    const answer = await fetch(address, { cache: "no-store" });
    if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { isOver: answer.headers.has("Purser-Session") });
    return [answer.url, new DOMParser().parseFromString(await answer.text(), "text/html")];
  };
  // Where it did not come, what was typed stays, and it is said that it did: the next press asks again.
  const stays = (address) => {
    failed();
    const toast = window.purser?.toast(LOST, "renewal");
    if (!toast) return;
    const again = Object.assign(document.createElement("button"), { className: "btn btn--sm", type: "button", textContent: document.body.dataset.reload || "Reload" });
    again.addEventListener("click", () => location.replace(address));
    toast.querySelector(".toast__close").before(again);
    window.purser.announce(LOST);
  };
  const renew = async (link) => {
    const address = new URL(link, location.href);
    if (address.origin !== location.origin || !address.pathname.startsWith("/embedded/")) return failed();
    await released(); // the press that found the session too old may itself lead to another page
    if (!isAsked) return;
    isRenewing = true;
    try {
      let [where, next] = await read(address);
      for (let asked = ""; ; ) {
        await released();
        const wanted = view();
        const found = new URL(where);
        if (!wanted || wanted === asked || plain(found.pathname) + found.search === wanted) break;
        asked = wanted;
        [where, next] = await read((found.pathname.match(TOKEN)?.[0] ?? "") + wanted);
      }
      const [kept, opened, at] = [typed(), isOpen(), focused()];
      if (!hasForms(next, kept)) throw new Error("another page");
      document.title = next.title;
      for (const { name, value } of next.documentElement.attributes) root.setAttribute(name, value);
      const look = next.querySelector("link[data-look]");
      if (look && !document.querySelector("link[data-look]")) document.head.append(document.adoptNode(look));
      document.body.replaceWith(document.adoptNode(next.body));
      history.replaceState(null, "", where);
      isRenewing = false;
      window.htmx?.process(document.body);
      brought.clear();
      note();
      const isAll = putAll(kept);
      open(opened);
      focus(at);
      isAsked = false;
      seen = Date.now();
      watch();
      page();
      document.dispatchEvent(new Event("purser:renewed"));
      if (!(await isAll)) waiting = [];
    } catch (problem) {
      if (problem.isOver) failed(); // the host's link is not good
      else if (typed().length) stays(address);
      else return location.replace(address); // a sandboxed frame may not fetch
    } finally {
      isRenewing = false;
    }
    pressAll(waiting.splice(0));
  };

  // The host's look: kept for the pages that follow.
  let theme = "";
  const paint = async (wanted) => {
    if (!wanted || JSON.stringify(wanted) === theme) return;
    theme = JSON.stringify(wanted);
    const fields = Object.entries(wanted).filter(([, value]) => value !== null && value !== undefined);
    const body = new URLSearchParams(fields);
    body.sort();
    if (body.toString() === (root.dataset.look ?? "mode=system")) return;
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}");
    const answer = await fetch(`${before()}/embedded/theme`, { method: "POST", body, headers }).catch(() => null);
    if (!answer?.ok) return;
    root.dataset.look = body.toString();
    if (wanted.mode && wanted.mode !== "system") root.dataset.theme = wanted.mode;
    else delete root.dataset.theme;
    document.querySelector("link[data-look]")?.remove();
    const address = await answer.text();
    if (!address) return;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
    link.dataset.look = "";
    document.head.append(link);
  };

  window.addEventListener("message", (event) => {
    const { origin, source, data } = event;
    if (source !== window.parent || !origins.includes(origin) || data?.purser !== 1) return;
    host = origin;
    if (data.type === "session") renew(String(data.url));
    if (data.type === "failed") failed();
    if (data.type !== "hello") return;
    page();
    if (isWaiting || document.querySelector("[data-over]")) over();
    else paint(data.theme);
  });

  // Whoever comes back from a window that this page opened sees what became of it.
  let isAway = false;
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[target=_blank]:not([data-stay])")) isAway = true;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !isAway) return;
    isAway = false;
    const again = document.querySelector("a[data-again]");
    if (again) location.assign(again.href);
    else if (!fields().some((field) => held(field) !== drawn(field))) location.reload();
  });

  // Notices stand where the reader is: the frame is as high as its page, and only the host's page is scrolled.
  for (const name of ["pointerdown", "focusin"]) {
    document.addEventListener(name, ({ target }) => {
      const top = target.getBoundingClientRect?.().top;
      if (top !== undefined) root.style.setProperty("--at", `${Math.max(0, Math.round(top + window.scrollY - 80))}px`);
    });
  }

  // For a link with `download` Chromium leaves out the cookie that it keeps for the frame, so that signing in would be
  // what is saved. The answer says by itself that it is a file.
  document.addEventListener("click", ({ target }) => target.closest?.("a[download]")?.removeAttribute("download"), true);

  const sizes = new ResizeObserver(height);
  const watch = () => {
    sizes.disconnect();
    sizes.observe(document.body);
  };
  watch();
  for (const name of ["htmx:after:swap", "htmx:after:history:update"]) document.addEventListener(name, page);
  window.addEventListener("popstate", () => setTimeout(page));
})();
