// An outsider's link carries its token behind the #, which browsers do not send: it goes into the form, out of the address.

const form = document.querySelector("[data-outside]");
const token = decodeURIComponent(location.hash.slice(1));
if (form && token) {
  history.replaceState(null, "", location.pathname + location.search);
  form.querySelector("#token").value = token;
  form.requestSubmit();
}
