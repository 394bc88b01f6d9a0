// Make a trustee's key: the secret goes into a file, the public part into the page's form.
import { fill, find, onPress, part } from "../dom.ts";
import { encodeTrustee, makeTrustee } from "../protocol/trustee.ts";
import { encodeScalar, randomScalar, type Scalar } from "../protocol/group.ts";
import { checkRandomness } from "../protocol/randomness.ts";
import { keyFileName, newKeyFile } from "./keyfile.ts";
import { saveNewKey } from "./saving.ts";

/** Wire the fragment `voting/trustee_key.html`. */
export function startKey(root: HTMLElement): void {
  root.hidden = false;
  onPress(root, "make", () => {
    let secretKey: Scalar;
    try {
      checkRandomness();
      secretKey = randomScalar();
    } catch {
      part(root, "failed").hidden = false;
      return;
    }
    showKey(root, secretKey);
  });
}

function showKey(root: HTMLElement, secretKey: Scalar): void {
  const trustee = makeTrustee({ secretKey, name: undefined });
  const publicKey = trustee.publicKey.encode();
  const made = part(root, "made");
  const register = find<HTMLButtonElement>(made, '[data-action="register"]');
  const field = document.getElementById(root.dataset["field"] ?? "");
  if (field instanceof HTMLTextAreaElement) field.value = encodeTrustee(trustee);
  fill(made, { "public": publicKey });
  part(root, "begin").hidden = true;
  made.hidden = false;
  // The key cannot be registered before its secret is in a file: without it nobody can count.
  onPress(made, "save", () => {
    const name = keyFileName(root.dataset["uuid"] ?? "", publicKey.slice(0, 8));
    void saveNewKey(made, newKeyFile(encodeScalar(secretKey)), name).then((isSaved) => {
      if (!isSaved) return;
      register.disabled = false;
      register.classList.remove("govuk-button--secondary");
      find(made, '[data-action="save"]').classList.add("govuk-button--secondary");
      part(made, "saved").hidden = false;
    });
  });
  find(made, "h3").focus();
}
