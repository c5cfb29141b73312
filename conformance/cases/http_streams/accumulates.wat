;;! title = "While the plugin pauses, each callback sees everything kept: 5, 10, 15"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! shows = ["sdk/cumulative_body_size"]
;;! dialogue = [{ request = { method = "POST", body = ["01234", "56789", "abcde"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY}}
    (if (local.get $end_of_stream) (then (return {{CONTINUE}})))
    {{PAUSE}}))
