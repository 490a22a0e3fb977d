"use strict";
// Filters proposals and finds an account's ballots. Text goes into the page as text only, never as markup.
(() => {
  const PAGE = 30;
  const ROWS = 200;
  const data = JSON.parse(document.getElementById("data").textContent);
  const unit = 10n ** BigInt(data.decimals);
  const $ = (id) => document.getElementById(id);

  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const exact = (wei) => {
    const value = BigInt(wei);
    const whole = (value / unit).toString().replace(/\B(?=(\d{3})+$)/g, "_");
    const rest = (value % unit).toString().padStart(data.decimals, "0").replace(/0+$/, "");
    return rest && data.decimals ? `${whole}.${rest}` : whole;
  };
  const amount = (wei) => {
    const text = exact(wei);
    const point = text.indexOf(".");
    const short = point >= 0 && text.length > point + 3 ? `${text.slice(0, point + 3)}…` : text;
    const shown = element("span", `${short} ${data.symbol}`, "figure");
    shown.title = `${text} ${data.symbol}`;
    return shown;
  };

  const table = (headings, rows) => {
    const made = element("table");
    const head = made.createTHead().insertRow();
    for (const heading of headings) head.append(element("th", heading));
    const body = made.createTBody();
    for (const cells of rows) {
      const row = body.insertRow();
      for (const cell of cells) row.insertCell().append(cell);
    }
    const scroll = element("div", undefined, "scroll");
    scroll.append(made);
    return scroll;
  };
  const choice = ([, yes, no, abstain]) => {
    const said = [["for", yes], ["against", no], ["abstain", abstain]].filter(([, wei]) => wei !== "0");
    const cell = element("span");
    if (!said.length) cell.textContent = "nothing counted";
    said.forEach(([word, wei], place) => {
      if (place) cell.append(", ");
      cell.append(element("b", word, word), " ", amount(wei));
    });
    return cell;
  };

  for (const form of document.querySelectorAll("form.filter")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  // ---------------------------------------------------------------- proposals

  const list = $("list");
  if (list) {
    const articles = [...list.children];
    const texts = data.proposals.map(([title, , id, proposer, tier]) =>
      `${title}\n${id}\n${proposer}\n${tier}`.toLowerCase());
    const changing = articles.map((article) => article.querySelector(".changes") !== null);
    let matching = articles.map((_, place) => place);
    let limit = PAGE;
    let visible = new Set(matching);

    const draw = () => {
      const wanted = new Set(matching.slice(0, limit));
      for (const place of visible) if (!wanted.has(place)) articles[place].hidden = true;
      for (const place of wanted) if (!visible.has(place)) articles[place].hidden = false;
      visible = wanted;
      const all = articles.length;
      $("matches").textContent = matching.length === all ? `${all} proposals` : `${matching.length} of ${all} proposals`;
      $("more").parentElement.hidden = matching.length <= limit;
      $("more").textContent = `Show more (${matching.length - Math.min(limit, matching.length)} left)`;
    };
    const search = () => {
      const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
      const state = $("state").value;
      const only = $("changing")?.checked;
      matching = [];
      for (let place = 0; place < texts.length; place += 1) {
        if ((!state || data.proposals[place][1] === state) && (!only || changing[place]) &&
            words.every((word) => texts[place].includes(word))) matching.push(place);
      }
      limit = PAGE;
      draw();
    };
    const reveal = () => {
      const found = /^#p(\d+)$/.exec(location.hash);
      const place = found ? Number(found[1]) - 1 : -1;
      if (!(place in articles)) return;
      if (!visible.has(place)) {
        $("filter").value = data.proposals[place][2];
        $("state").value = "";
        if ($("changing")) $("changing").checked = false;
        search();
      }
      articles[place].scrollIntoView();
    };
    $("filter").addEventListener("input", search);
    $("state").addEventListener("change", search);
    $("changing")?.addEventListener("change", search);
    $("more").addEventListener("click", () => { limit += PAGE; draw(); });
    addEventListener("hashchange", reveal);
    // On paper everything that matches is there.
    let before = PAGE;
    addEventListener("beforeprint", () => { before = limit; limit = Infinity; draw(); });
    addEventListener("afterprint", () => { limit = before; draw(); });
    list.addEventListener("toggle", (event) => {
      const details = event.target;
      if (!details.open || !details.dataset.ballots || details.dataset.filled) return;
      details.dataset.filled = "yes";
      const proposal = Number(details.dataset.ballots);
      const found = [];
      data.ballots.forEach((ballots, place) => {
        for (const ballot of ballots) if (ballot[0] === proposal) found.push([place, ballot]);
      });
      if (!found.length) return;
      found.sort(([, one], [, other]) => one[5] - other[5]);
      details.append(table(["voter", "ballot", "power", "block"], found.slice(0, ROWS).map(([place, ballot]) =>
        [element("code", data.accounts[place][0]), choice(ballot), amount(ballot[4]), String(ballot[5])])));
      if (found.length > ROWS) details.append(element("p", `and ${found.length - ROWS} more, in the JSON`));
    }, true);
    search();
    list.className = "paged";
    reveal();
  }

  // ---------------------------------------------------------------- ballots of an account

  const lower = data.accounts.map(([address]) => address.toLowerCase());
  const shortest = 6;
  const account = (place) => {
    const [address, balance, power, delegate] = data.accounts[place];
    const made = element("article", undefined, "account");
    made.append(element("h3", address));
    const meta = element("p", undefined, "meta");
    meta.append("holds ", amount(balance), " · votes with ", amount(power), " · ");
    if (delegate < 0) meta.append("delegated to nobody");
    else if (delegate === place) meta.append("votes for itself");
    else {
      const other = element("button", data.accounts[delegate][0], "address");
      other.type = "button";
      other.addEventListener("click", () => { $("address").value = data.accounts[delegate][0]; find(); });
      meta.append("delegated to ", other);
    }
    made.append(meta);
    const ballots = data.ballots[place];
    if (!ballots.length) made.append(element("p", "It cast no ballot.", "none"));
    else {
      const shown = ballots.slice(-ROWS).reverse();
      made.append(table(["proposal", "state", "ballot", "power", "block"], shown.map((ballot) => {
        const [title, state] = data.proposals[ballot[0]];
        const link = element("a", `${ballot[0] + 1} ${title || "(no title)"}`);
        link.href = `#p${ballot[0] + 1}`;
        return [link, element("span", state, `state ${state}`), choice(ballot), amount(ballot[4]), String(ballot[5])];
      })));
      if (ballots.length > ROWS) made.append(element("p", `and ${ballots.length - ROWS} earlier ones, in the JSON`));
    }
    return made;
  };
  const find = () => {
    const wanted = $("address").value.trim().toLowerCase();
    const votes = $("votes");
    votes.replaceChildren();
    if (!wanted) return;
    if (!/^0x[0-9a-f]{0,40}$/.test(wanted)) {
      votes.append(element("p", "This is no address: 0x and 40 hexadecimal digits.", "none"));
      return;
    }
    if (wanted.length < shortest) return;
    const found = [];
    for (let place = 0; place < lower.length && found.length < 5; place += 1) {
      if (lower[place].startsWith(wanted)) found.push(place);
    }
    if (!found.length) votes.append(element("p", "It neither voted, proposed nor delegated.", "none"));
    for (const place of found) votes.append(account(place));
  };
  $("address").addEventListener("input", find);
})();
