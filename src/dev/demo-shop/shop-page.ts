// The shop's one page: choose a course, give a short name, save a card.
import { html } from 'hono/html'

export type ShopPage = { moduleUrl: string; integrity: string; stripeJsUrl: string }

export function shopPage({ moduleUrl, integrity, stripeJsUrl }: ShopPage) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Save a card · Steppe Language School</title>
<link rel="stylesheet" href="/shop.css">
<link rel="modulepreload" href="${moduleUrl}" integrity="${integrity}" crossorigin="anonymous">
<script src="${stripeJsUrl}" defer></script>
<script type="module" src="/shop.js"></script>
</head>
<body data-module="${moduleUrl}">
<header><p class="brand">Steppe Language School</p></header>
<main>
<h1>Monthly lessons</h1>
<p class="price"><span>USD&nbsp;48.00</span> a month · four lessons · cancel at any time</p>
<div id="problem" class="problem" role="alert" tabindex="-1" hidden></div>

<form id="person" novalidate>
<h2>1. Who are you?</h2>
<label for="short-name">Short name</label>
<p class="hint" id="short-name-hint">Teachers and staff see this name. Any name you like.</p>
<input id="short-name" name="short_name" autocomplete="nickname" maxlength="80" required aria-describedby="short-name-hint">
<button type="submit">Continue to your card</button>
</form>

<form id="card" hidden novalidate>
<h2>2. Your card</h2>
<p class="hint">The card number goes straight to our payment processor. This shop never has it.</p>
<div id="card-element"></div>
<p class="consent"><input type="checkbox" id="agree" required> <label for="agree">I agree that Steppe Language School charges this card USD&nbsp;48.00 every month until I cancel.</label></p>
<button type="submit" id="save">Save card and agree to USD&nbsp;48.00 a month</button>
</form>

<section id="done" hidden tabindex="-1" aria-labelledby="done-title">
<h2 id="done-title">Your card is saved</h2>
<p><span id="done-card"></span> will be charged USD&nbsp;48.00 every month.</p>
<dl>
<dt>Vault token</dt><dd><code id="done-token"></code></dd>
<dt>Payer</dt><dd><code id="done-payer"></code></dd>
</dl>
</section>
<p id="busy" role="status" aria-live="polite"></p>
<noscript><p class="problem">Saving a card needs JavaScript: the card form is our payment processor's.</p></noscript>
</main>
</body>
</html>`
}
