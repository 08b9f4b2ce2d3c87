// Charts work without this file: each day is a link with a title, and all days stand in a table.
// It shows a day's title at once, on hover, focus and tap; moves along a chart by keys; and moves a line that is typed.
(() => {
  "use strict";
  const DAY = ".chart__plot > [tabindex]";
  let shown = null;
  let touched = false;

  const dayOf = (event) => event.target.closest?.(DAY) ?? null;
  const chartOf = (element) => element.closest(".chart");

  // What the day says, line by line. The title goes, or the browser would show it a second time.
  const linesOf = (day) => {
    const title = day.querySelector(":scope > title");
    if (title) {
      day.dataset.says = title.textContent;
      day.setAttribute("aria-label", title.textContent.split("\n").join(", "));
      title.remove();
    }
    return (day.dataset.says ?? "").split("\n");
  };

  const element = (name, words = "", ...inside) => {
    const made = document.createElement(name);
    if (words) made.textContent = words;
    made.append(...inside);
    return made;
  };

  const keyOf = (chart, label) => {
    const named = [...chart.querySelectorAll(".legend > span")].find((each) => label === each.textContent || label.startsWith(`${each.textContent}, `));
    return named?.querySelector("svg").cloneNode(true) ?? "";
  };

  const fill = (tip, day, isTap) => {
    const list = element("dl");
    const notes = [];
    for (const line of linesOf(day)) {
      const at = line.lastIndexOf(": ");
      if (at < 0 && list.children.length) notes.push(element("p", line));
      else {
        const label = at < 0 ? line : line.slice(0, at).trim(); // French has a space before its colon
        list.append(element("dt", "", keyOf(chartOf(day), label), label), element("dd", at < 0 ? "" : line.slice(at + 2)));
      }
    }
    const href = day.getAttribute("href");
    const open = element("a", (document.body.dataset.open || "Open {day}").replace("{day}", list.firstChild.textContent));
    if (href) open.href = href;
    tip.replaceChildren(list, ...notes, ...(isTap && href ? [open] : []));
  };

  const hide = () => {
    if (!shown) return;
    shown.classList.remove("is-shown");
    chartOf(shown)?.querySelector(".chart__tip")?.setAttribute("hidden", "");
    shown = null;
  };

  const show = (day, isTap = false) => {
    if (shown !== day) hide();
    const area = day.closest(".chart__area");
    let tip = area.querySelector(".chart__tip");
    if (!tip) {
      tip = element("div");
      tip.className = "chart__tip";
      area.append(tip);
    }
    fill(tip, day, isTap);
    tip.hidden = false;
    day.classList.add("is-shown");
    shown = day;
    const box = day.querySelector(".hit").getBoundingClientRect();
    const frame = area.getBoundingClientRect();
    const centred = box.left + box.width / 2 - frame.left - tip.offsetWidth / 2;
    tip.style.insetInlineStart = `${Math.max(0, Math.min(centred, frame.width - tip.offsetWidth))}px`;
  };

  const focused = () => (document.activeElement?.matches?.(DAY) && document.activeElement.matches(":focus-visible") ? document.activeElement : null);

  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType !== "mouse";
    if (shown && !event.target.closest?.(".chart__area")) hide();
  }, true);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const day = dayOf(event);
    if (day) show(day);
    else if (shown && !event.target.closest?.(".chart__tip") && !event.target.closest?.(".chart__plot")) {
      const back = focused();
      if (back) show(back);
      else hide();
    }
  });
  document.addEventListener("focusin", (event) => {
    const day = dayOf(event);
    if (day && !touched) show(day);
  });
  document.addEventListener("focusout", (event) => {
    if (dayOf(event) === shown && !touched) hide();
  });

  // A finger first sees what the day says; the second tap, or the link below it, opens the day.
  document.addEventListener("click", (event) => {
    const day = dayOf(event);
    if (!day || !touched) return;
    const isSecond = shown === day && day.closest(".chart__area").querySelector(".chart__tip a");
    if (isSecond) return;
    event.preventDefault();
    show(day, true);
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = linesOf(day).join(", ");
  }, true);

  document.addEventListener("keydown", (event) => {
    touched = false;
    if (event.key === "Escape" && shown) return hide();
    const day = dayOf(event);
    if (!day || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const days = [...day.parentElement.querySelectorAll(":scope > [tabindex]")];
    const at = days.indexOf(day);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: days.length - 1 }[event.key];
    if (to === undefined) return undefined;
    event.preventDefault();
    const next = days[Math.max(0, Math.min(to, days.length - 1))];
    day.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
    return undefined;
  });

  // Words stand above their line, or below it where they would leave the picture or lie on those of a line before.
  const place = (plot) => {
    const taken = [];
    for (const mark of plot.querySelectorAll(".mark:not(.mark--hidden)")) {
      const y = Number(/[\d.]+(?=\))/.exec(mark.getAttribute("transform"))[0]);
      const inside = [[-6, y - 15, y - 4], [16, y + 7, y + 18], [31, y + 22, y + 33]].filter(([, start, end]) => start >= 0 && end <= Number(plot.getAttribute("height")));
      const [up, start, end] = inside.find(([, from, to]) => taken.every(([before, after]) => to <= before || after <= from)) ?? inside[0];
      mark.querySelector("text").setAttribute("y", up);
      taken.push([start, end]);
    }
  };

  // A line that moves while its figure is typed. The page that is sent afterwards is exact; this only shows where.
  const move = (chart, mark, figure) => {
    const plot = chart?.querySelector(".chart__plot");
    const line = plot?.querySelector(`.mark--${CSS.escape(mark)}`);
    if (!line) return;
    const { high, low, top, deep } = Object.fromEntries(Object.entries(plot.dataset).map(([name, value]) => [name, Number(value)]));
    const isShown = Number.isFinite(figure) && figure >= low;
    line.classList.toggle("mark--hidden", !isShown);
    const y = isShown ? top + (deep * (high - Math.min(figure, high))) / (high - low) : top;
    line.setAttribute("transform", `translate(0 ${Math.round(y)})`);
    const words = line.querySelector("text");
    const above = figure > high ? " ↑" : "";
    const zero = [...chart.querySelectorAll(".chart__steps span")].map((each) => each.textContent).find((each) => /^\D*0\D*$/.test(each)) ?? "0";
    const known = document.documentElement.lang || "en";
    const number = isShown ? (figure / Number(plot.dataset.whole)).toLocaleString(known, { maximumFractionDigits: 6 }) : "";
    words.textContent = `${line.dataset.words} ${isShown ? zero.replace("0", () => number) : ""}${above}`;
    place(plot);
    if (mark !== "limit") return;
    for (const day of plot.querySelectorAll("[data-figure]")) day.classList.toggle("over", isShown && Number(day.dataset.figure) >= figure);
  };
  document.addEventListener("chart:mark", (event) => move(event.target, event.detail.mark, event.detail.figure ?? NaN));
  document.addEventListener("input", (event) => {
    const { chart, chartMark, chartDigits = ".," } = event.target.dataset ?? {};
    const drawn = chart && document.getElementById(chart);
    if (!drawn) return;
    const typed = event.target.value.replaceAll(chartDigits[1], "").replaceAll(/\s/g, "").replace(chartDigits[0], ".");
    const whole = Number(drawn.querySelector(".chart__plot")?.dataset.whole);
    move(drawn, chartMark, /^\d+(\.\d*)?$/.test(typed) ? Math.round(Number(typed) * whole) : NaN);
  });
})();
