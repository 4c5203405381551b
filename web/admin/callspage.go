package admin

// callsPage shows running calls. What parties call themselves comes from the network; html/template escapes it.
const callsPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="refresh" content="5">
    <meta name="color-scheme" content="light dark">
    <title>Running calls</title>
  </head>
  <body>
    <h1>Running calls: {{len .}}</h1>
    <table border="1">
      <tr>
        <th>call<th>state<th>since<th>side<th>party<th>by<th>way of its sound
        <th>received<th>lost<th>sent<th>lost there<th>jitter ms<th>round trip ms<th>MOS<th>MOS there
        <th>decoded s<th>concealed s<th>clipped s<th>silent s
      </tr>
      {{range .}}
      {{template "leg" row . "caller" .Caller}}
      {{template "leg" row . "callee" .Callee}}
      {{with .Unheard}}<tr><td colspan="19"><strong>{{.}}</strong></td></tr>{{end}}
      {{end}}
    </table>
  </body>
</html>
{{define "leg"}}<tr>
  <td>{{.ID}}<td>{{.State}}<td>{{.Started.UTC.Format "15:04:05 UTC"}}<td>{{.Side}}
  <td>{{.Leg.Party}}<td>{{.Leg.Transport}}<td>{{.Leg.Path}}
  <td>{{.Leg.Received}}<td>{{.Leg.Lost}}<td>{{.Leg.Sent}}<td>{{.Leg.LostThere}}
  <td>{{printf "%.1f" .Leg.Jitter}}<td>{{printf "%.1f" .Leg.RoundTrip}}
  <td>{{with .Leg.MOS}}{{.}}{{end}}<td>{{with .Leg.MOSThere}}{{.}}{{end}}
  <td>{{.Leg.Decoded}}<td>{{.Leg.Concealed}}<td>{{.Leg.Clipped}}<td>{{.Leg.Silent}}
</tr>{{end}}
`
