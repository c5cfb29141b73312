(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_property "stored" "by the filter"}}
    {{CONTINUE}}))
