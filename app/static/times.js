// Moments in the reader's zone, which stands beside each: UTC+1. The page writes UTC, or beside it (data-utc) the zone that
// the member has chosen; this keeps UTC in a tip, where hover, focus, tap and paper show it.
// UTC days (<time> without a time of day) stay as they are: they begin and end in UTC wherever the reader is.
(() => {
  "use strict";
  const language = document.documentElement.lang || "en";
  const parts = new Intl.DateTimeFormat(language, {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const days = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
  const said = document.body.dataset; // words in the page's language; without them English
  const since = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const zone = parts.resolvedOptions().timeZone;
  const isUTC = !zone || /^(Etc\/)?(UTC|UCT|GMT|Universal|Zulu)$/.test(zone);
  const MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

  const written = (at) => {
    const of = Object.fromEntries(parts.formatToParts(at).map((each) => [each.type, each.value]));
    return { day: language === "en" ? `${of.day} ${of.month} ${of.year}` : days.format(at), time: `${of.hour}:${of.minute}` };
  };

  // How far the reader's zone is from UTC then, as the page writes a zone that has no name: UTC+1, UTC−3:30.
  const zoneOf = (at) => {
    const ahead = -at.getTimezoneOffset(), far = Math.abs(ahead), minutes = far % 60;
    return `UTC${ahead < 0 ? "\u2212" : "+"}${Math.floor(far / 60)}${minutes ? `:${String(minutes).padStart(2, "0")}` : ""}`;
  };

  // How long ago it was, for a day; nothing for what is older, or ahead of this machine's clock.
  const ago = (at) => {
    const seconds = Math.round((Date.now() - at) / 1000);
    if (seconds < -MINUTE || seconds >= DAY) return "";
    if (seconds < MINUTE) return said.justNow || "just now";
    const words = seconds < HOUR ? since.format(-Math.floor(seconds / MINUTE), "minute") : since.format(-Math.floor(seconds / HOUR), "hour");
    return words.replace(" (1)", ""); // Hebrew has the one beside the minute that it names
  };

  const reached = "a, button, summary, label, tr:has(a)"; // what the keyboard reaches already
  const tipped = (element, words, tip) => {
    const [shown, kept] = ["when", "tip"].map((name) => Object.assign(document.createElement("span"), { className: name }));
    shown.textContent = words;
    kept.textContent = tip;
    element.replaceChildren(shown, kept);
    if (!element.closest(reached)) element.tabIndex = 0;
  };

  const write = (element) => {
    const at = new Date(element.dateTime);
    if (!element.dateTime.includes("T") || Number.isNaN(at.getTime())) return;
    const kept = element.querySelector(":scope > .tip");
    if (element.dataset.utc && !element.dataset.here && !kept) element.dataset.here = element.textContent.trim();
    element.dataset.utc ||= element.textContent.trim();
    const local = written(at), { utc, here } = element.dataset;
    if (element.dataset.time === "both") {
      if (!here && !isUTC && !element.dataset.beside) element.append((said.yourTime || ", {time} your time").replace("{time}", element.dataset.beside = local.time));
      return;
    }
    const recent = element.dataset.time === "ago" ? ago(at) : "";
    const absolute = here || (isUTC ? utc : `${local.day}, ${local.time} ${zoneOf(at)}`);
    if (recent) tipped(element, recent, absolute === utc ? utc : `${absolute} (${utc})`);
    else if (absolute !== utc) tipped(element, absolute, utc);
    else if (kept) element.replaceChildren(utc);
  };

  const writeAll = () => document.querySelectorAll("time[datetime]").forEach(write);
  const keepFresh = () => {
    if (!document.hidden) document.querySelectorAll("time[data-time=ago]").forEach(refresh);
  };
  const refresh = (element) => {
    const shown = element.querySelector(":scope > .when");
    if (!shown) return;
    const recent = ago(new Date(element.dateTime));
    if (!recent) write(element);
    else if (shown.textContent !== recent) shown.textContent = recent;
  };
  writeAll();
  document.addEventListener("htmx:after:swap", writeAll);
  document.addEventListener("visibilitychange", keepFresh);
  setInterval(keepFresh, 30_000);
})();
