;;! title = "The answer to HEAD has the length of a body, and none"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "HEAD" } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "" "denied" "" -1}}
    {{CONTINUE}}))
