/* Passkeys: a button with data-passkey asks the server what to ask for, the browser for a passkey, and sends its form
   with the answer. Where a page says data-fills-in, browsers also offer passkeys in the field of the address. */
(() => {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  document.documentElement.dataset.passkeys = "on";
  let waiting = null;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

  const asked = async (button) => {
    const token = button.form.elements.csrf_token.value;
    const answer = await fetch(button.dataset.options, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
    });
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) throw new Error("no options");
    const options = await answer.json();
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    if (options.excludeCredentials) options.excludeCredentials = described(options.excludeCredentials);
    if (options.allowCredentials) options.allowCredentials = described(options.allowCredentials);
    return options;
  };

  const written = (credential) => {
    const { response } = credential;
    const said = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
      said.attestationObject = text(response.attestationObject);
      said.transports = response.getTransports?.() ?? [];
    } else {
      said.authenticatorData = text(response.authenticatorData);
      said.signature = text(response.signature);
      if (response.userHandle) said.userHandle = text(response.userHandle);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      clientExtensionResults: {},
      response: said,
    });
  };

  const alone = (button) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = button.dataset.action;
    for (const name of ["csrf_token", "next", button.dataset.field]) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = button.form.elements[name]?.value ?? "";
      form.append(field);
    }
    document.body.append(form);
    return form;
  };

  const sends = (button, credential) => {
    const form = button.dataset.action ? alone(button) : button.form;
    form.elements[button.dataset.field].value = written(credential);
    form.requestSubmit();
  };

  const says = (button, words) => {
    let problem = button.nextElementSibling;
    if (!problem?.matches(".error")) {
      problem = document.createElement("p");
      problem.className = "error field-error";
      problem.setAttribute("role", "alert");
      button.after(problem);
    }
    problem.textContent = words;
  };

  const WORDS = {
    InvalidStateError: ["known", "This device has a passkey for you already."],
    NotAllowedError: ["unused", "No passkey was used. Press the button to try again."],
    SecurityError: ["elsewhere", "Passkeys work at the portal’s own address only."],
  };
  const BROKEN = ["broken", "This did not work. Reload the page and try again."];

  const uses = async (button) => {
    waiting?.abort();
    says(button, "");
    button.disabled = true;
    try {
      const publicKey = await asked(button);
      const credential = await navigator.credentials[button.dataset.passkey]({ publicKey });
      sends(button, credential);
    } catch (problem) {
      const [name, english] = WORDS[problem.name] ?? BROKEN;
      says(button, button.dataset[name] || english); // in the page's language; without words of it English
    } finally {
      button.disabled = false;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-passkey]");
    if (button) uses(button);
  });

  const fillsIn = async (button) => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    waiting = new AbortController();
    const { signal } = waiting;
    const publicKey = await asked(button);
    if (signal.aborted) return;
    sends(button, await navigator.credentials.get({ publicKey, mediation: "conditional", signal }));
  };
  const first = document.querySelector("button[data-fills-in]");
  if (first) fillsIn(first).catch(() => {});
})();
