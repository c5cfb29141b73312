;;! title = "With the literal stop, body callbacks go on; headers wait for one that continues"
;;! spec = "proxy_on_response_headers"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", allow_on_headers_stop_iteration = true }]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"] } }, { response = { body = ["three", "four"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_response_body}}
    (nop)
    (i32.eqz (local.get $end_of_stream))))
