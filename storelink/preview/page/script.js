// Shows the message anew when a template has changed; the page works without it.
let stamp;
setInterval(async () => {
  try {
    const now = await (await fetch("/stamp")).text();
    if (stamp !== undefined && stamp !== now) location.reload();
    stamp = now;
  } catch {
    // The preview was stopped, or is being started again.
  }
}, 1000);
