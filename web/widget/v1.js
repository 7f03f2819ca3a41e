/* The widget's loader: what a shop's page includes. Classic script, nothing but this until the page is idle. */
(function () {
  "use strict";
  var source = document.currentScript && document.currentScript.src;
  // A page may include it twice by mistake: the first one counts.
  if (!source || (window.tresen && window.tresen.host)) return;
  var queue = (window.tresen && window.tresen.q) || [];
  window.tresen = function () {
    queue.push(arguments);
  };
  window.tresen.q = queue;
  window.tresen.host = new URL(source).origin;
  var load = function () {
    import(new URL("/WIDGET_MODULE", source).href).catch(function (reason) {
      console.warn("Tresen: the widget could not be loaded from " + window.tresen.host + ". Does the page's Content-Security-Policy allow it in script-src and connect-src?", reason);
    });
  };
  // Who was in a call when the page was left wants it back at once; everybody else's page comes first.
  var inCall = false;
  try {
    inCall = sessionStorage.getItem("tresen.in-call") !== null;
  } catch (refused) {
    // A browser that keeps nothing for this page: there was no call.
  }
  if (inCall) load();
  else if (window.requestIdleCallback) window.requestIdleCallback(load, { timeout: 2000 });
  else setTimeout(load, 1);
})();
