;;! title = "The limit itself may be held"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request = { method = "POST", body = ["1234", "5678"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (nop)
    (i32.eqz (local.get $end_of_stream))))
