package admin

// callsPage shows running calls. What parties call themselves comes from the network; html/template escapes it.
const callsPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="refresh" content="5">
    <meta name="color-scheme" content="light dark">
    <title>Running calls</title>
    <style>` + callsStyle + `</style>
  </head>
  <body>
    <h1>Running calls: {{len .}}</h1>
    <p>Refreshed every five seconds; also as <a href="/calls.json">JSON</a>.</p>
    {{range .}}
    <section>
      <h2>{{.Caller.Party}} → {{.Callee.Party}}</h2>
      <p>{{.State}} · began {{.Started.UTC.Format "15:04:05 UTC"}} · call={{.ID}} in the log</p>
      {{with .Unheard}}<p><strong>{{.}}</strong></p>{{end}}
      <div tabindex="0">
        <table>
          <thead>
            <tr>
              <th rowspan="2">Party<th rowspan="2">Transport<th rowspan="2">Codecs
              <th colspan="8">Sound from the party<th colspan="3">Sound to the party<th rowspan="2">Round trip, ms
            </tr>
            <tr>
              <th>Packets<th>Lost<th>Jitter, ms<th>MOS<th>Decoded, s<th>Concealed, s<th>Clipped, s<th>Silent, s
              <th>Packets<th>Lost<th>MOS
            </tr>
          </thead>
          <tbody>{{template "leg" row "Caller" .Caller}}{{template "leg" row "Callee" .Callee}}</tbody>
        </table>
      </div>
    </section>
    {{else}}
    <p>Nobody is in a call.</p>
    {{end}}
  </body>
</html>
{{define "leg"}}
            <tr>
              <th scope="row">{{.Side}}<td>{{.Leg.Transport}}<td>{{.Leg.Path}}
              <td>{{.Leg.Received}}<td>{{.Leg.Lost}}<td>{{printf "%.1f" .Leg.Jitter}}<td>{{with .Leg.MOS}}{{.}}{{end}}
              <td>{{.Leg.Decoded}}<td>{{.Leg.Concealed}}<td>{{.Leg.Clipped}}<td>{{.Leg.Silent}}
              <td>{{.Leg.Sent}}<td>{{.Leg.LostThere}}<td>{{with .Leg.MOSThere}}{{.}}{{end}}
              <td>{{printf "%.1f" .Leg.RoundTrip}}
            </tr>{{end}}
`

// callsStyle is how the page looks; its colours are those of the web phone.
const callsStyle = `
      :root {
        --page: #eef2f3; --card: #ffffff; --edge: #d9e1e2; --text: #15242a; --faint: #586a71; --accent: #0f766e;
        --bad-soft: #fdeaea; --bad-text: #9c1c1c;
        font: 16px/1.45 system-ui, sans-serif;
      }
      @media (prefers-color-scheme: dark) {
        :root {
          --page: #0e1619; --card: #172226; --edge: #2f4047; --text: #e8f0f1; --faint: #9db0b6; --accent: #3cc7b6;
          --bad-soft: #3c1f22; --bad-text: #ffb4b4;
        }
      }
      body { max-width: 84rem; margin: 0 auto; padding: 1.25rem; background: var(--page); color: var(--text); }
      h1, h2, p { margin: 0 0 0.6rem; overflow-wrap: anywhere; }
      h1 { font-size: 1.35rem; }
      h2 { font-size: 1.05rem; }
      p { color: var(--faint); font-size: 0.925rem; }
      a { color: var(--accent); }
      section {
        margin: 1rem 0; padding: 1rem 1.25rem; border: 1px solid var(--edge); border-radius: 1.25rem;
        background: var(--card);
      }
      strong {
        display: block; padding: 0.65rem 0.85rem; border-radius: 0.75rem; background: var(--bad-soft);
        color: var(--bad-text); font-weight: 400;
      }
      div { overflow-x: auto; }
      table { width: 100%; border-collapse: collapse; font-size: 0.875rem; }
      th, td { padding: 0.3rem 0.6rem; border-top: 1px solid var(--edge); text-align: left; white-space: nowrap; }
      thead th { color: var(--faint); font-weight: 400; vertical-align: bottom; white-space: normal; }
      td:nth-child(3) { min-width: 11rem; white-space: normal; }
      [colspan] { border-left: 1px solid var(--edge); }
`
