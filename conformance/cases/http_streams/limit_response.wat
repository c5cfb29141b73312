;;! title = "A response buffered past the limit, its headers sent, is reset"
;;! spec = "proxy_on_response_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request = {} }, { response = { body = ["12345678", "9", "more"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_log}}
    {{proxy_get_property "response\00code_details"}}))
