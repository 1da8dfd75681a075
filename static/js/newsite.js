// The form of a new site: the template fills the command until somebody types one of their own.

const form = document.getElementById("new-site");
const field = (name) => form.elements[name];
const chosen = () => form.querySelector("input[name=template]:checked");

// Words that got a blank are quoted as a whole, as the server does it.
const fillPattern = (pattern, values) => pattern.split(" ").map((word) => {
  const text = word.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => (name ? values[name] : found[0]));
  return text !== word && text.includes(" ") ? `"${text}"` : text;
}).join(" ");

const places = () => ({
  virtualenv: field("virtualenv").value.trim().replace(/\/+$/, ""),
  folder: field("working_folder").value.trim().replace(/(.)\/+$/, "$1"),
  application: field("application").value.trim() || chosen().dataset.application,
  domain: field("domain_name").value.trim(),
});

const filledIn = () => {
  const values = places();
  return values.folder && values.virtualenv ? fillPattern(chosen().dataset.command, values) : "";
};

const fillLines = () => {
  const { virtualenv, folder, domain } = places();
  const values = {
    virtualenv: virtualenv || "VIRTUALENV", folder: folder || "FOLDER", domain: domain || "DOMAIN",
  };
  for (const line of form.querySelectorAll("[data-fill]")) {
    line.textContent = fillPattern(line.dataset.fill, values);
    line.nextElementSibling.dataset.copy = line.textContent;
  }
};

let filled = filledIn(); // what the template says; anything else in the field was typed

const fill = () => {
  for (const steps of form.querySelectorAll("[data-steps]")) {
    steps.hidden = steps.dataset.steps !== chosen().value;
  }
  const isTyped = ![filled, ""].includes(field("command").value);
  filled = filledIn();
  if (!isTyped && field("command").value !== filled) {
    field("command").value = filled;
    // What was found in the old line is no more.
    if (form.querySelector("#command-notes ul")) field("command").dispatchEvent(new Event("input"));
  }
  fillLines();
};

// The server draws the form again for the account, with what was typed so far.
const drawAgain = () => {
  if (field("command").value === filled) field("command").value = "";
  form.requestSubmit(document.getElementById("draw-again"));
};

let application = chosen().dataset.application; // likewise

const fillApplication = () => {
  const isTyped = ![application, ""].includes(field("application").value.trim());
  application = chosen().dataset.application;
  if (!isTyped) field("application").value = application;
};

form.addEventListener("change", (event) => {
  if (event.target.name === "account_id") drawAgain();
  else if (event.target.name === "template") {
    fillApplication();
    fill();
  }
});
// Chosen before this script had arrived, or brought back by the browser.
if (!field("account_id").selectedOptions[0].defaultSelected) drawAgain();
for (const name of ["domain_name", "working_folder", "virtualenv", "application"]) {
  field(name).addEventListener("input", fill);
}
fill();
