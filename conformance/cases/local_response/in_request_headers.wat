;;! title = "An answer of the plugin, whatever the callback returns"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/no_reentry_from_local_response"]
;;! dialogue = [{ request = { method = "POST", body = ["one"], trailers = [["t", "1"]] } }, { response = { body = ["two"], trailers = [["u", "2"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "my reason" "denied" {"X-By" "plugin"} -1}}
    {{proxy_log INFO "not sent yet"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    {{proxy_get_property "response\00code"}}
    {{proxy_get_property "response\00code_details"}}))
