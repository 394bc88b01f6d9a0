// Passkeys: carries the server's question to the browser's authenticator and the answer back in a form.
export {};

/** What the server asks: WebAuthn's options with every byte string in base64url (WebAuthn 3, 5.1.8). */
interface Descriptor { id: string; type: PublicKeyCredentialType; transports?: AuthenticatorTransport[] }
interface CreationOptions extends Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Descriptor[];
}
interface RequestOptions extends Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials"> {
  challenge: string;
  allowCredentials?: Descriptor[];
}
interface Question { creation_options?: { publicKey: CreationOptions }; request_options?: { publicKey: RequestOptions } }

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function descriptors(list: Descriptor[] = []): PublicKeyCredentialDescriptor[] {
  return list.map((descriptor) => ({ ...descriptor, id: bytes(descriptor.id) }));
}

async function ask(question: Question): Promise<PublicKeyCredential> {
  const { creation_options: creation, request_options: request } = question;
  let credential: Credential | null = null;
  if (creation) {
    const { challenge, user, excludeCredentials, ...rest } = creation.publicKey;
    credential = await navigator.credentials.create({ publicKey: {
      ...rest, challenge: bytes(challenge), user: { ...user, id: bytes(user.id) },
      excludeCredentials: descriptors(excludeCredentials),
      // A device that can replace the password shall; an older key still serves as a second step.
      authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
    } });
  } else if (request) {
    const { challenge, allowCredentials, ...rest } = request.publicKey;
    credential = await navigator.credentials.get({ publicKey: {
      ...rest, challenge: bytes(challenge), allowCredentials: descriptors(allowCredentials),
    } });
  }
  if (!(credential instanceof PublicKeyCredential)) throw new TypeError("the browser gave no answer");
  return credential;
}

function answerOf(credential: PublicKeyCredential): string {
  const { response } = credential;
  const answer: Record<string, unknown> = { clientDataJSON: text(response.clientDataJSON) };
  if (response instanceof AuthenticatorAttestationResponse) {
    answer["attestationObject"] = text(response.attestationObject);
    answer["transports"] = response.getTransports();
  } else if (response instanceof AuthenticatorAssertionResponse) {
    answer["authenticatorData"] = text(response.authenticatorData);
    answer["signature"] = text(response.signature);
    answer["userHandle"] = response.userHandle && text(response.userHandle);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: answer,
  });
}

/** The question stands in the page, or is fetched when the button is pressed: one per attempt. */
async function questionFor(form: HTMLFormElement): Promise<Question> {
  const inPage = document.getElementById(form.dataset["question"] ?? "");
  if (inPage) return JSON.parse(inPage.textContent ?? "") as Question;
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return await response.json() as Question;
}

function serve(form: HTMLFormElement): void {
  const field = form.elements.namedItem("credential");
  const button = form.querySelector<HTMLButtonElement>("button");
  const failure = form.querySelector<HTMLElement>("[data-passkey-failure]");
  if (!(field instanceof HTMLInputElement) || !button || !failure) return;
  form.hidden = false;
  for (const notice of document.querySelectorAll<HTMLElement>("[data-passkey-missing]")) notice.hidden = true;
  form.addEventListener("submit", async (event) => {
    if (field.value) return;
    event.preventDefault();
    failure.textContent = "";
    button.disabled = true;
    try {
      field.value = answerOf(await ask(await questionFor(form)));
      form.submit();
    } catch {
      failure.textContent = failure.dataset["passkeyFailure"] ?? "";
      button.disabled = false;
      button.focus();
    }
  });
}

if ("PublicKeyCredential" in window) {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) serve(form);
}
