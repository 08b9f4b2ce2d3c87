// Stripe's own form (the Payment Element) on the page that saves a payment method. Card data goes from Stripe's frame to
// Stripe; this file never sees it. Loaded on no other page.
(() => {
  "use strict";
  const form = document.getElementById("stripe-form");
  if (!form) return;
  const place = document.getElementById("stripe-element");
  const problem = document.getElementById("stripe-error");
  const button = document.getElementById("stripe-save");

  const say = (words) => { problem.textContent = words; };
  const wait = (on) => {
    button.disabled = on;
    place.setAttribute("aria-busy", String(on));
  };

  if (typeof window.Stripe !== "function") {
    say(form.dataset.unavailable);
    place.removeAttribute("aria-busy");
    return;
  }

  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const stripe = window.Stripe(form.dataset.key);
  const elements = stripe.elements({ clientSecret: form.dataset.secret, appearance: { theme: dark ? "night" : "stripe" } });
  // Wallets and Link open windows and load frames of other sites, which the page's content policy does not let in.
  const element = elements.create("payment", { wallets: { applePay: "never", googlePay: "never", link: "never" } });
  element.on("ready", () => wait(false));
  element.on("loaderror", () => {
    say(form.dataset.unavailable);
    place.removeAttribute("aria-busy");
  });
  element.mount(place);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    say("");
    wait(true);
    // On success Stripe leads the browser to our return address, by way of the bank where the bank asks.
    const { error } = await stripe.confirmSetup({ elements, confirmParams: { return_url: form.dataset.return } });
    if (error) {
      say(error.message || form.dataset.unavailable);
      wait(false);
      button.focus();
    }
  });
})();
