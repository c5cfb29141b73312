;;! title = "If its headers are held, it is answered with 500"
;;! spec = "proxy_on_response_headers"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request = {} }, { response = { body = ["12345678", "9", "more"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    (nop)
    (i32.const 3))
  (func {{export proxy_on_log}}
    {{proxy_get_property "response\00code_details"}}))
