;;! title = "Closing the stream resets it"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["one"] } }, { response = { body = ["two"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{proxy_close_stream HTTP_RESPONSE}}
    {{proxy_log INFO "not closed yet"}}
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    {{proxy_get_property "response\00code_details"}}))
